"""Where the checks look from: one target, its vantage, and the ways to reach it."""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from checks.hetzner import BalancerFacts, HetznerApi, ServerFacts
from checks.web import Web
from clients import postgres
from clients.dns import Resolver
from clients.http import trust
from clients.ssh import SshClient

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from clients.postgres import Sessions
    from common.changes import Change
    from common.target import BalancerTarget, ServerTarget, SshTarget, Target

_TIMEOUT = 10.0

_SHARED = partial(SshClient, shared=True)

T = TypeVar("T")


class Observer:
    """A context manager; safe to use from several threads.

    Attributes:
        target: what is looked at.
        timeout: seconds a request may take.
        preview: what the engine would change; None where there is no engine.
    """

    def __init__(
        self,
        target: Target,
        *,
        timeout: float = _TIMEOUT,
        ssh: Callable[[SshTarget], SshClient] = _SHARED,
        preview: Callable[[], Sequence[Change]] | None = None,
        sessions: Callable[[str, Resolver], Sessions] = postgres.sessions,
    ) -> None:
        self.target = target
        self.timeout = timeout
        self.resolver = Resolver(target.vantage.nameservers)
        self.trust = trust(target.vantage.ca_bundle)
        self.web = Web(self.resolver, self.trust, timeout)
        self.preview = preview
        self.hetzner = HetznerApi(target.hetzner, self.trust, timeout)
        self._make_ssh = ssh
        self._ask_sessions = sessions
        self._ssh: dict[str, SshClient] = {}
        self._found: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._ssh_lock = threading.Lock()
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def ssh(self, server: ServerTarget) -> SshClient:
        """The SSH client of a server, made once."""
        with self._ssh_lock:
            if server.name not in self._ssh:
                client = self._open.enter_context(self._make_ssh(server.ssh))
                self._ssh[server.name] = client
            return self._ssh[server.name]

    def sessions(self, url: str) -> Sessions:
        """Who is connected to a database; raises `postgres.DatabaseError`."""
        return self._ask_sessions(url, self.resolver)

    def server_facts(self, server: ServerTarget) -> ServerFacts | None:
        """What the Hetzner API says of a server, asked once; None when it has no such server.

        Raises:
            HetznerError: when the API does not tell.
        """
        return self.once(("facts", server.id), lambda: self.hetzner.server(server.id))

    def balancer_facts(self, balancer: BalancerTarget) -> BalancerFacts | None:
        """What the Hetzner API says of a load balancer; None when it has no such one.

        Raises:
            HetznerError: when the API does not tell.
        """
        return self.hetzner.balancer(balancer.id)

    def once(self, key: Hashable, look: Callable[[], T]) -> T:
        """What `look` finds, taken once for all checks of this run; an error is not kept."""
        with self._ssh_lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._found:
                self._found[key] = look()
            found: T = self._found[key]
            return found
