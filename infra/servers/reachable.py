"""A server's SSH, looked at within a bound before a command is sent there.

The command plugin has no bound on a login: a server that accepts a connection and then says
nothing would hold an update, and the stack's lock, for ever. So every command's address comes
from here: a refresh looks, and where the server does not answer, the update asks first, and ends.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clients.ssh import SshClient
from common.errors import OperatorError
from common.target import SshTarget
from common.waiting import wait_until
from infra.dynamic import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.servers.host import Host

_BOOT_SECONDS = 300
_LOOK_SECONDS = 20
_LOGIN_SECONDS = 10


def _look(props: Mapping[str, Any]) -> bool:
    """Log in; raises SshError or CommandTimeoutError, both within seconds."""
    with SshClient(SshTarget.of(props["ssh"]), connect_timeout=_LOGIN_SECONDS) as ssh:
        ssh.run("true", timeout=_LOOK_SECONDS)
    return True


def _wait(props: Mapping[str, Any]) -> None:
    wait_until(
        f"SSH on {props['ssh']['host']}; `runbook server revive` brings a server back",
        lambda: _look(props),
        bound=_BOOT_SECONDS,
        interval=0.5,
        max_interval=5,
    )


class _ReachableProvider(Provider):
    replace_on: ClassVar[frozenset[str]] = frozenset()

    def create(self, props: dict[str, Any]) -> CreateResult:
        _wait(props)
        return CreateResult(props["address"], props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        _wait(news)
        return UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look once: a server that is away is a difference, and no reason to stop a refresh."""
        try:
            answers = _look(props)
        except OperatorError as error:
            print(error, file=sys.stderr, flush=True)  # noqa: T201
            answers = False
        return ReadResult(id_, {**props, "answers": answers})


class Reachable(Resource, module="nutri", name="Reachable"):
    """A server that lets us in; its address is for whoever sends commands there."""

    address: pulumi.Output[str]

    def __init__(self, host: Host, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "ssh": host.ssh(),
            "server": host.server.id,
            "address": host.server.ipv4_address,
            "answers": True,
        }
        secret = pulumi.ResourceOptions(additional_secret_outputs=["ssh"], deleted_with=host.server)
        super().__init__(
            _ReachableProvider(),
            host.named("reachable"),
            props,
            pulumi.ResourceOptions.merge(secret, opts),
        )
