"""Where a server may be made, and what a resize asks for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from config.base import Frozen
from config.service import as_bytes


class SizeSettings(Frozen):
    """Fallbacks for what is sold out, the backup that a resize wants, and what is kept free."""

    location_fallbacks: tuple[str, ...] = ()
    resize_backup_hours: int = Field(default=24, ge=1, le=720)
    memory_reserve: Annotated[int, Field(ge=0), BeforeValidator(as_bytes)] = 512 * 2**20
