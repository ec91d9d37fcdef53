"""What a resize wants around it: a backup to go back to, a shutdown, and no server left off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.waiting import NotYetError, wait_until
from infra.servers import hetzner_api

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from clients.hetzner import Hetzner

_DOWN_SECONDS = 300  # what is under way may take two minutes, and Docker as long again
_UP_SECONDS = 300


@dataclass(frozen=True)
class Resizes:
    """Hetzner's API as far as resizes go.

    Attributes:
        endpoint: of the API.
        token: for it.
        backup_hours: age of the newest backup, at most.
    """

    endpoint: str
    token: str
    backup_hours: int = 24

    def backup_problem(self, server: int) -> str | None:
        """Say what is wrong with a server's backups; None: it could be restored from a fresh one.

        Raises:
            HetznerError: the API does not tell.
        """
        from clients.hetzner.freshness import problem  # noqa: PLC0415 - most runs resize nothing

        with self._api() as api:
            return problem(api, server, self.backup_hours)

    def shut_down(self, server: int) -> bool:
        """Ask a server to shut down, and wait until it is off; False: it was.

        The provider would cut the power. It starts the server again itself.

        Raises:
            HetznerError: the API refuses.
            WaitTimeoutError: the server does not shut down.
        """
        with self._api() as api:
            if not _is_on(api, server):
                return False
            api.act(f"servers/{server}/actions/shutdown")
            wait_until(
                f"server {server} to shut down by itself (nothing was changed; look at it with "
                "`runbook ssh`, shut it down by hand, then `pulumi up` again)",
                lambda: _off(api, server),
                bound=_DOWN_SECONDS,
                interval=0.5,
                max_interval=3,
            )
        return True

    def start(self, server: int) -> None:
        """Start a server that was shut down for nothing.

        Raises:
            HetznerError: the API refuses.
        """
        with self._api() as api:
            if not _is_on(api, server):
                api.act(f"servers/{server}/actions/poweron", bound=_UP_SECONDS)

    def _api(self) -> AbstractContextManager[Hetzner]:
        return hetzner_api.reach(self.endpoint, self.token)


def _is_on(api: Hetzner, server: int) -> bool:
    found = api.server(server)
    return found is not None and found.status != "off"


def _off(api: Hetzner, server: int) -> bool:
    if _is_on(api, server):
        raise NotYetError("it is still on")
    return True
