"""What a container that starts says, and when it is healthy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from clients.coolify.errors import DeploymentFailedError
from common.errors import OperatorError
from common.waiting import NOT_READY, NotYetError, WaitTimeoutError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.coolify.client import Client
    from common.waiting import Attempt

_QUIET_SECONDS = 15.0
"""Shorter waits say nothing."""
_HEALTHY = "running:healthy"
_TOLD_LINES = 20
_MOST_CHARACTERS = 200


def last_lines(client: Client, application: str, lines: int = 1) -> str:
    """Return the last lines of an application's container; empty where there are none."""
    try:
        told = client.get(f"/applications/{application}/logs?lines={lines}")
    except OperatorError:
        return ""
    return "\n".join(str(told.get("logs") or "").splitlines()[-lines:]).strip()


def teller(client: Client, application: str) -> Callable[[Attempt], None]:
    """Return a callback that shows what the container said last, now and then."""
    told = 0.0

    def tell(attempt: Attempt) -> None:
        nonlocal told
        if attempt.elapsed - told < _QUIET_SECONDS:
            return
        told = attempt.elapsed
        said = _said(attempt, last_lines(client, application))
        print(  # noqa: T201 - the engine shows it
            f"{attempt.reason}: {attempt.elapsed:.0f} s; {said}", file=sys.stderr, flush=True
        )

    return tell


def _said(attempt: Attempt, line: str) -> str:
    """What the container said last, or why nobody can tell: the server is away for a moment."""
    if line or attempt.last_error == NOT_READY:
        return f"its container says: {line[:_MOST_CHARACTERS] or 'nothing yet'}"
    return attempt.last_error[:_MOST_CHARACTERS]


def wait_until_healthy(client: Client, application: str, label: str, bound: float) -> None:
    """Wait until the one container of an application is healthy.

    Raises:
        DeploymentFailedError: it ended, or is not healthy within the bound.
    """

    def healthy() -> bool:
        status = str(client.get(f"/applications/{application}")["status"])
        if status != _HEALTHY:
            raise NotYetError(f"it is {status}")
        return True

    try:
        wait_until(
            f"{label} to be healthy",
            healthy,
            bound=bound,
            interval=0.5,
            max_interval=3,
            retry_on=NotYetError,
            progress=teller(client, application),
        )
    except WaitTimeoutError as error:
        said = last_lines(client, application, _TOLD_LINES)
        raise DeploymentFailedError(f"{error}; its last lines:\n{said}") from None
