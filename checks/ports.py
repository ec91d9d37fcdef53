"""E1: the firewall as seen from outside: what must be open is open, the rest is shut."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.check import Check, lasting_servers, servers
from checks.verdict import Verdict, green, red, unknown
from clients.tls import Port, look_at_ports, own_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checks.observer import Observer
    from common.target import ServerTarget, Target


@dataclass(frozen=True)
class SshPort:
    """How the SSH port looks from our source address towards the server."""

    port: Port
    source: str


def collect_open(observer: Observer, server: ServerTarget) -> Mapping[int, Port]:
    """The ports that must be open."""
    return look_at_ports(server.ipv4, observer.target.expectations.open_ports)


def judge_open(_server: ServerTarget, ports: Mapping[int, Port], _target: Target) -> Verdict:
    """Green when all are open."""
    closed = [f"{number} ({look})" for number, look in ports.items() if look is not Port.OPEN]
    if closed:
        return red(
            f"not open: {', '.join(closed)}",
            "refused: nothing listens, see `runbook ssh -- docker ps --filter name=coolify-proxy`; "
            "silent: the firewall drops it, `pulumi up` restores its rules",
        )
    return green(f"open: {_listed(ports)}")


def collect_shut(observer: Observer, server: ServerTarget) -> Mapping[int, Port]:
    """The ports that must be shut."""
    expected = observer.target.expectations
    # Requests come to a further server by its private address alone.
    behind = expected.open_ports if server.member else ()
    return look_at_ports(server.ipv4, (*expected.shut_ports, *behind))


def judge_shut(_server: ServerTarget, ports: Mapping[int, Port], _target: Target) -> Verdict:
    """Green when none is open."""
    exposed = {number: look for number, look in ports.items() if look is Port.OPEN}
    if exposed:
        return red(
            f"open to the world: {_listed(exposed)}",
            "the firewall was changed or detached: `pulumi up` restores it; "
            "if it stays, see `runbook ssh -- ss -ltnp`, what listens",
        )
    return green(f"shut: {_listed(ports)}")


def collect_ssh_port(_observer: Observer, server: ServerTarget) -> SshPort:
    """The SSH port, and our own address as the server would see it without NAT."""
    looks = look_at_ports(server.ssh.host, [server.ssh.port])
    return SshPort(looks[server.ssh.port], own_address(server.ssh.host))


def judge_ssh_port(server: ServerTarget, evidence: SshPort, target: Target) -> Verdict:
    """Green when the port is open to the SSH networks and to nobody else."""
    networks = target.expectations.ssh_networks
    allowed = is_inside(evidence.source, networks)
    is_open = evidence.port is Port.OPEN
    place = f"port {server.ssh.port}"
    if not allowed and _is_behind_nat(evidence.source, server.ipv4):
        return _judge_behind_nat(place, evidence)
    if allowed and not is_open:
        return red(
            f"{place} is {evidence.port}, though {evidence.source} is in {', '.join(networks)}",
            "see `runbook check server`, whether it runs; `pulumi up` restores the rules",
        )
    if is_open and not allowed:
        return red(
            f"{place} is open to {evidence.source}, which is in none of: "
            f"{', '.join(networks) or 'no network at all'}",
            "the firewall was changed or detached: `pulumi up` restores it",
        )
    return green(f"{place} is {evidence.port} to {evidence.source}, as configured")


def is_inside(address: str, networks: Sequence[str]) -> bool:
    """Whether an address is in one of the CIDRs; the families do not mix."""
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)


def _is_behind_nat(source: str, server: str) -> bool:
    ours, theirs = ipaddress.ip_address(source), ipaddress.ip_address(server)
    return not ours.is_global and theirs.is_global


def _judge_behind_nat(place: str, evidence: SshPort) -> Verdict:
    if evidence.port is Port.OPEN:
        return green(f"{place} is open to us; which address it sees is not known behind NAT")
    return unknown(
        f"{place} is {evidence.port}; behind NAT ({evidence.source}) it cannot be told "
        "whether our public address is one of the SSH networks",
        "look from a machine with a public address, or add this one's to the SSH networks",
    )


def _listed(ports: Mapping[int, Port]) -> str:
    return ", ".join(map(str, ports)) or "none asked"


OPEN_PORTS = Check(
    "open-ports", "E1", "public ports are open", lasting_servers, collect_open, judge_open
)
SHUT_PORTS = Check("shut-ports", "E1", "other ports are shut", servers, collect_shut, judge_shut)
SSH_PORT = Check(
    "ssh-port", "E4", "SSH is open to whom it should be", servers, collect_ssh_port, judge_ssh_port
)
