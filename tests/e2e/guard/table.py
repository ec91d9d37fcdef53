"""What destroys what: each row of the destructive table as one resource, before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.e2e.guard.conftest import resource, server

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAR2PDmLWoLv9nWbdyGh4JldhzqG8p5CyhEMaaWL7x2d a"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBdCDzVh9EoUfPYl9WGFwKWUUtDdQWB4GMZUfBqVRvg1 b"


@dataclass(frozen=True)
class Row:
    """One row: what changes and what has to be said about it."""

    before: dict[str, Any]
    change: dict[str, Any]
    op: str
    risk: str
    acknowledge: str | None = None
    """What has to be acknowledged, the gravest first; None: it may happen."""
    says: str = ""
    imported: dict[str, Any] = field(default_factory=dict)
    """Outputs of a resource the double does not have: its state is written, not made."""

    @property
    def name(self) -> str:
        """Name of the resource, and of the row."""
        return str(self.before["name"])

    @property
    def after(self) -> dict[str, Any]:
        """The resource as it shall be."""
        return {**self.before, "args": {**self.before["args"], **self.change}}


def _server(name: str, op: str, risk: str, acknowledge: str | None = None, /, **row: Any) -> Row:  # noqa: ANN401
    start = row.pop("start", {})
    return Row(server(name, **start), row.pop("change"), op, risk, acknowledge, **row)


def _gone(name: str, /, **change: Any) -> Row:  # noqa: ANN401
    return _server(name, "replace", "data loss", "delete", change=change, says="its disk")


def _ip(name: str, /, **args: Any) -> dict[str, Any]:  # noqa: ANN401
    usual = {"name": name, "type": "ipv4", "location": "fsn1", "auto_delete": False}
    return resource("PrimaryIp", name, **(usual | args))


def _rule(port: str, source: str) -> dict[str, Any]:
    return {"direction": "in", "protocol": "tcp", "port": port, "source_ips": [source]}


def _firewall(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return resource("Firewall", name, name=name, rules=list(rules))


FIRST = (
    resource("SshKey", "key-a", name="a", public_key=KEY),
    resource("SshKey", "key-b", name="b", public_key=OTHER_KEY),
    resource("PlacementGroup", "group", name="group", type="spread"),
    _firewall("wall", _rule("22", "203.0.113.7/32")),
    _ip("spare"),
    server("source", location="fsn1"),
)
"""What the rows refer to; it does not change."""

_KEYS = [{"id of": "key-a"}, {"id of": "key-b"}]
_MADE = [{"ipv4_enabled": True, "ipv6_enabled": True}]
_GIVEN = [{"ipv4_enabled": True, "ipv4": {"id of": "spare"}, "ipv6_enabled": True}]
_ONLY_IPV6 = [{"ipv4_enabled": False, "ipv6_enabled": True}]
_POWER = "the power is cut"

SERVERS = (
    _gone("image", image="docker-ce"),
    _gone("location", location="nbg1"),
    _gone("user-data", user_data="#cloud-config\npackages: [jq]\n"),
    _gone("user-data-space", user_data="#cloud-config\n\n"),
    _gone("ssh-key-added", ssh_keys=_KEYS[:1]),
    _server("ssh-key-order", "replace", "data loss", "delete", start={"ssh_keys": _KEYS},
            change={"ssh_keys": _KEYS[::-1]}, says="its disk"),
    _server("server-type", "update", "downtime", "resize-to-cx43",
            change={"server_type": "cx43"}, says="it is shut down"),
    _server("keep-disk", "update", "none", change={"keep_disk": False}),
    _server("type-and-disk", "update", "data loss", "keepDisk resize-to-cx43",
            start={"keep_disk": False}, change={"server_type": "cx43"}, says="grows for good"),
    _server("backups", "update", "data loss", "backups", change={"backups": False},
            says="ALL existing backups"),
    _server("public-net", "update", "address loss", "publicNets", start={"public_nets": _MADE},
            change={"public_nets": _GIVEN}, says="auto-made ipv4"),
    _server("public-net-off", "update", "address loss", "publicNets",
            start={"public_nets": _MADE}, change={"public_nets": _ONLY_IPV6}, says=_POWER),
    _server("iso", "update", "downtime", change={"iso": "8637"}, says="reset"),
    _server("rescue", "update", "downtime", change={"rescue": "linux64"}, says="reset"),
    _server("network", "update", "downtime", change={"networks": [{"network_id": 1}]},
            says="detached"),
    _server("firewall-off", "update", "exposure", start={"firewall_ids": [{"id of": "wall"}]},
            change={"firewall_ids": []}, says="every port is open"),
    _server("placement", "update", "downtime", change={"placement_group_id": {"id of": "group"}},
            says="switch it off first"),
    _server("renamed", "update", "none", change={"name": "other-name"}),
    _server("labels", "update", "none", change={"labels": {"a": "b"}}),
    _server("protection", "update", "exposure", None,
            start={"delete_protection": True, "rebuild_protection": True},
            change={"delete_protection": False, "rebuild_protection": False},
            says="rebuildProtection off"),
)  # fmt: skip

_DATA = {"name": "data", "size": 10, "location": "fsn1", "delete_protection": False}
_NET = {"name": "net", "ip_range": "10.0.0.0/16", "delete_protection": False}
_LB = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1", "delete_protection": False}

OTHERS = (
    Row(_ip("ip-type"), {"type": "ipv6"}, "replace", "address loss", "delete", "for good"),
    Row(_ip("ip-location"), {"location": "nbg1"}, "replace", "address loss", "delete"),
    Row(_ip("ip-auto-delete"), {"auto_delete": True}, "update", "address loss", "autoDelete"),
    Row(_ip("ip-name"), {"name": "ip-other"}, "update", "none"),
    Row(
        resource("Snapshot", "snapshot", server_id={"id of": "source"}, description="a"),
        {"server_id": {"id of": "server-type"}},
        "replace",
        "data loss",
        "delete",
    ),
    Row(
        resource("Zone", "zone", name="a.test", mode="primary", delete_protection=False),
        {"name": "b.test"},
        "replace",
        "data loss",
        "delete",
        "all records",
    ),
    Row(
        resource("SshKey", "ssh-key", name="c", public_key=KEY.replace("AR2PD", "AR3PD")),
        {"public_key": KEY.replace("AR2PD", "AR4PD")},
        "replace",
        "none",
    ),
    Row(
        _firewall("opens", _rule("22", "203.0.113.7/32")),
        {"rules": [_rule("22", "0.0.0.0/0")]},
        "update",
        "downtime",
        None,
        "opens tcp 22 for 0.0.0.0/0",
    ),
    Row(
        _firewall("closes", _rule("443", "0.0.0.0/0"), _rule("22", "203.0.113.7/32")),
        {"rules": [_rule("22", "203.0.113.7/32")]},
        "update",
        "downtime",
        None,
        "closes tcp 443",
    ),
    Row(
        resource("RandomSecret", "secret", kind="token", length=32),
        {"length": 48},
        "replace",
        "data loss",
        "delete",
        "cannot be read any more",
    ),
    Row(
        resource("Volume", "data", **_DATA),
        {"location": "nbg1"},
        "replace",
        "data loss",
        "delete",
        "everything on the volume",
        {"linuxDevice": "/dev/disk/by-id/scsi-0HC_Volume_9001", "serverId": 0},
    ),
    Row(
        resource("Network", "net", **_NET),
        {"ip_range": "10.0.0.0/15"},
        "replace",
        "address loss",
        "delete",
        "every private address",
        {"exposeRoutesToVswitch": False},
    ),
    Row(
        resource("LoadBalancer", "lb", **_LB),
        {"location": "nbg1"},
        "replace",
        "address loss",
        "delete",
        "its public address",
        {"ipv4": "203.0.113.9", "ipv6": "2001:db8::9", "networkZone": "eu-central", "labels": {}},
    ),
)

ROWS = (*SERVERS, *OTHERS)
