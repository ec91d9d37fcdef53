"""Where the checks look from: one target, its vantage, and the ways to reach it."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Self

from checks.hetzner import HetznerApi, ServerFacts
from checks.names import Resolver
from checks.web import Web, trust
from common.ssh import SshClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import ServerTarget, SshTarget, Target

_TIMEOUT = 10.0


class Observer:
    """A context manager; safe to use from several threads. `timeout` is seconds a request."""

    def __init__(
        self,
        target: Target,
        *,
        timeout: float = _TIMEOUT,
        ssh: Callable[[SshTarget], SshClient] = SshClient,
    ) -> None:
        self.target = target
        self.timeout = timeout
        self.resolver = Resolver(target.vantage.nameservers)
        self.trust = trust(target.vantage.ca_bundle)
        self.web = Web(self.resolver, self.trust, timeout)
        self._hetzner = HetznerApi(target.hetzner, self.trust, timeout)
        self._make_ssh = ssh
        self._ssh: dict[str, SshClient] = {}
        self._facts: dict[int, ServerFacts | None] = {}
        self._ssh_lock = threading.Lock()
        self._facts_lock = threading.Lock()
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

    def server_facts(self, server: ServerTarget) -> ServerFacts | None:
        """What the Hetzner API says of a server, asked once; None when it has no such server.

        Raises:
            HetznerError: when the API does not tell.
        """
        with self._facts_lock:
            if server.id not in self._facts:
                self._facts[server.id] = self._hetzner.server(server.id)
            return self._facts[server.id]
