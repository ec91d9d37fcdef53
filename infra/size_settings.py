"""Where a server may be made, and what a resize asks for."""

from __future__ import annotations

from pydantic import Field

from infra.frozen import Frozen


class SizeSettings(Frozen):
    """Fallbacks for what is sold out, and the backup that a resize wants."""

    location_fallbacks: tuple[str, ...] = ()
    resize_backup_hours: int = Field(default=24, ge=1, le=720)
