"""All checks, in the order they are shown, and how to pick some."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from checks.access import COOLIFY, SSH
from checks.backup_age import BACKUP_AGE
from checks.baseline import BASELINE
from checks.capacity import CPU, DISK, INODES, MEMORY, RESTARTS
from checks.clock import CLOCK
from checks.containers import CONTAINERS
from checks.database import DATABASE_BACKUPS, POOL, POOLED_URL, STATUS, WRITES
from checks.docker import DOCKER
from checks.domain import AAAA, CERTIFICATE, DNS, REDIRECT
from checks.drift import DRIFT
from checks.dumps import AGE, PROOF, REPOSITORY, TIMER
from checks.fleet import BALANCER, PLACEMENT
from checks.forwarded import FORWARDED
from checks.health import HEALTH, LATENCY
from checks.maintenance import MAINTENANCE, OVERRUN
from checks.passphrase import PASSPHRASE
from checks.ports import OPEN_PORTS, SHUT_PORTS, SSH_PORT
from checks.proxy import PROXY_API
from checks.proxy_files import PROXY_FILES
from checks.redis import REDIS
from checks.server import BACKUPS, PROTECTION, SERVER
from checks.size import SIZE
from checks.spread import SPREAD
from checks.tokens import COOLIFY_TOKEN, HETZNER_TOKEN
from checks.traffic import ERRORS, SLOW
from checks.upkeep import REBOOT, UPDATES
from checks.variables import VARIABLES
from checks.version import VERSION
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks.check import AnyCheck

CHECKS: tuple[AnyCheck, ...] = (
    SERVER,
    BACKUPS,
    BACKUP_AGE,
    PROTECTION,
    SSH_PORT,
    OPEN_PORTS,
    SHUT_PORTS,
    PROXY_API,
    SSH,
    SIZE,
    BASELINE,
    DOCKER,
    COOLIFY,
    DNS,
    AAAA,
    CERTIFICATE,
    REDIRECT,
    CONTAINERS,
    STATUS,
    POOLED_URL,
    POOL,
    WRITES,
    DATABASE_BACKUPS,
    REDIS,
    PROXY_FILES,
    MAINTENANCE,
    OVERRUN,
    HEALTH,
    LATENCY,
    SPREAD,
    FORWARDED,
    PLACEMENT,
    BALANCER,
    VERSION,
    VARIABLES,
    ERRORS,
    SLOW,
    CPU,
    MEMORY,
    DISK,
    INODES,
    RESTARTS,
    CLOCK,
    REBOOT,
    UPDATES,
    AGE,
    REPOSITORY,
    TIMER,
    PROOF,
    HETZNER_TOKEN,
    COOLIFY_TOKEN,
    PASSPHRASE,
    DRIFT,
)


def select(names: Sequence[str] | None) -> tuple[AnyCheck, ...]:
    """The checks whose id or runbook procedure is named, in order; all when nothing is named.

    Those that run on request alone have to be named by their id.

    Raises:
        OperatorError: when a name is of no check.
    """
    if not names:
        return tuple(check for check in CHECKS if not check.on_request)
    wanted = {name.casefold() for name in names}
    unknown = wanted - {name for check in CHECKS for name in _names(check)}
    if unknown:
        ids = [check.id for check in CHECKS]
        near = [*difflib.get_close_matches(min(unknown), ids, 1, 0.5)]
        meant = f" Did you mean {near[0]}?" if near else ""
        known = ", ".join(ids)
        procedures = ", ".join(sorted({check.runbook for check in CHECKS}))
        raise OperatorError(
            f"no such check: {', '.join(sorted(unknown))}.{meant} Checks: {known}. "
            f"Or a procedure of the runbook: {procedures}"
        )
    return tuple(check for check in CHECKS if wanted & _names(check))


def proving_change() -> tuple[AnyCheck, ...]:
    """Those that must be green for a change to be done."""
    return tuple(check for check in CHECKS if check.proves_change)


def _names(check: AnyCheck) -> set[str]:
    return {check.id} if check.on_request else {check.id, check.runbook.casefold()}
