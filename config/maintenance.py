"""M1: what maintenance is announced or under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.maintenance import MIGRATE, OFF, Maintenance
from config.base import Frozen

if TYPE_CHECKING:
    from config.settings import Settings


class MaintenanceSettings(Frozen):
    """The maintenance, usually written by `runbook maintenance`, and how migrations are applied."""

    maintenance: Maintenance = OFF
    migrate_command: str = MIGRATE
    migrate_image: str = ""


def problems(settings: Settings) -> list[str]:
    """Return a line where the page should stand in for what it cannot."""
    known = [name for name, one in settings.services.items() if one.subdomain]
    unknown = [name for name in settings.maintenance.services if name not in known]
    if not unknown:
        return []
    return [
        (
            f"nutri:maintenance: services: {', '.join(unknown)} is none that the page serves for;"
            f" right is one of {', '.join(known)}"
        )
    ]
