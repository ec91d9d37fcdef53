"""All checks, in the order they are shown, and how to pick some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.access import COOLIFY, SSH
from checks.containers import CONTAINERS
from checks.domain import CERTIFICATE, DNS
from checks.health import HEALTH, LATENCY
from checks.ports import OPEN_PORTS, SHUT_PORTS, SSH_PORT
from checks.server import BACKUPS, PROTECTION, SERVER
from checks.spread import SPREAD, VERSION
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks.check import AnyCheck

CHECKS: tuple[AnyCheck, ...] = (
    SERVER,
    BACKUPS,
    PROTECTION,
    SSH_PORT,
    OPEN_PORTS,
    SHUT_PORTS,
    SSH,
    COOLIFY,
    DNS,
    CERTIFICATE,
    CONTAINERS,
    HEALTH,
    LATENCY,
    SPREAD,
    VERSION,
)


def select(names: Sequence[str] | None) -> tuple[AnyCheck, ...]:
    """The checks whose id or runbook procedure is named, in order; all when nothing is named.

    Raises:
        OperatorError: when a name is of no check.
    """
    if not names:
        return CHECKS
    wanted = {name.casefold() for name in names}
    unknown = wanted - {name for check in CHECKS for name in _names(check)}
    if unknown:
        known = ", ".join(check.id for check in CHECKS)
        procedures = ", ".join(sorted({check.runbook for check in CHECKS}))
        raise OperatorError(
            f"no such check: {', '.join(sorted(unknown))}. Checks: {known}. "
            f"Or a procedure of the runbook: {procedures}"
        )
    return tuple(check for check in CHECKS if wanted & _names(check))


def _names(check: AnyCheck) -> set[str]:
    return {check.id, check.runbook.casefold()}
