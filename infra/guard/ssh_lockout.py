"""Whether a change of firewall rules shuts out the one who makes it."""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from typing import TYPE_CHECKING, Any

import pulumi
from pydantic import ValidationError

from common.changes import Finding, Risk
from common.errors import OperatorError
from infra import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from common.changes import Change
    from common.target import SshTarget

SSH = "ssh"
"""Acknowledges that whoever makes the change is shut out by it."""
_PORT = 22
_KIND = "hcloud/Firewall"
_SECONDS = 15.0


def shut_out(change: Change) -> list[Finding]:
    """Return what there is to say of a change that would leave no way back in from here.

    It asks the server from where it sees us; only what is open to us now can be shut by a change.
    """
    old, new = _sources(change.old), _sources(change.new)
    if change.kind != _KIND or old <= new:
        return []
    ours = next((one for one in _addresses() if _covers(old, one)), None)
    if ours is None:
        pulumi.log.warn(f"{change.name}: whether SSH stays open to this machine cannot be told")
        return []
    if _covers(new, ours):
        return []
    why = f"it shuts SSH to {ours}, from where this very update reaches the server"
    return [Finding(Risk.DOWNTIME, f"{why}; add {ours}/32 to nutri:sshNetworks", acknowledge=SSH)]


def _sources(properties: Mapping[str, Any]) -> frozenset[str]:
    """The networks that may reach SSH."""
    return frozenset(
        str(source)
        for rule in properties.get("rules") or ()
        if rule.get("direction") == "in" and str(rule.get("port")) == str(_PORT)
        for source in rule.get("sourceIps") or ()
    )


def _covers(networks: Iterable[str], address: str) -> bool:
    one = ipaddress.ip_address(address)
    return any(one in ipaddress.ip_network(network, strict=False) for network in networks)


@cache
def _addresses() -> tuple[str, ...]:
    """Our address as the server sees it, then as this machine has it: between may be others."""
    server = _server()
    return tuple(one for one in (_seen_by(server), _own_towards(server)) if one) if server else ()


def _server() -> SshTarget | None:
    from common.target import Target  # noqa: PLC0415 - most runs of the program need none of it

    try:
        return Target.model_validate(state.output("target")).servers[0].ssh
    except (state.ReadError, ValidationError):
        return None


def _seen_by(server: SshTarget) -> str | None:
    from clients.ssh import SshClient  # noqa: PLC0415 - see above

    try:
        with SshClient(server) as client:
            said = client.run('echo "$SSH_CONNECTION"', timeout=_SECONDS).stdout
        return str(ipaddress.ip_address(said.split()[0]))
    except (OperatorError, ValueError, IndexError):
        return None


def _own_towards(server: SshTarget) -> str | None:
    try:
        with socket.create_connection((server.host, server.port), timeout=_SECONDS) as connection:
            return str(connection.getsockname()[0])
    except OSError:
        return None
