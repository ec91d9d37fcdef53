"""M1: what maintenance is announced or under way."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from common.maintenance import MIGRATE, OFF, Maintenance
from infra.frozen import Frozen

SERVICES = ("nutri-backend", "nutri-ml-service")
"""What the page can stand in for."""


def _known(one: Maintenance) -> Maintenance:
    unknown = [name for name in one.services if name not in SERVICES]
    if unknown:
        raise ValueError(
            f"services: {', '.join(unknown)} is none; right is one of {', '.join(SERVICES)}"
        )
    return one


class MaintenanceSettings(Frozen):
    """The maintenance, usually written by `runbook maintenance`, and how migrations are applied."""

    maintenance: Annotated[Maintenance, AfterValidator(_known)] = OFF
    migrate_command: str = MIGRATE
