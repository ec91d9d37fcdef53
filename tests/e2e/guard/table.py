"""What destroys what: each row of the destructive table as one resource, before and after."""

from __future__ import annotations

from dataclasses import dataclass
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


def _subnet(name: str, ip_range: str, network: str = "lan") -> dict[str, Any]:
    args = {"type": "cloud", "network_zone": "eu-central", "ip_range": ip_range}
    return resource("NetworkSubnet", name, network_id={"id of": network}, **args)


def _balancer(name: str) -> dict[str, Any]:
    return resource(
        "LoadBalancer", name, name=name, load_balancer_type="lb11", location="fsn1",
        delete_protection=False,
    )  # fmt: skip


FIRST = (
    resource("SshKey", "key-a", name="a", public_key=KEY),
    resource("SshKey", "key-b", name="b", public_key=OTHER_KEY),
    resource("PlacementGroup", "group", name="group", type="spread"),
    _firewall("wall", _rule("22", "203.0.113.7/32")),
    _ip("spare"),
    server("source", location="fsn1"),
    server("spare-server", location="fsn1"),
    resource("Network", "lan", name="lan", ip_range="10.8.0.0/16"),
    _subnet("lan-1", "10.8.1.0/24"),
    resource("Network", "other-lan", name="other-lan", ip_range="10.9.0.0/16"),
    _subnet("other-lan-1", "10.9.1.0/24", "other-lan"),
    resource("Volume", "disk", name="disk", size=10, location="fsn1"),
    resource("Zone", "names", name="names.test", mode="primary", delete_protection=False),
    *(_balancer(name) for name in ("front", "other-front")),
    resource("LoadBalancerNetwork", "front-in-lan", load_balancer_id={"id of": "front"},
             subnet_id={"id of": "lan-1"}),
)  # fmt: skip
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
    ),
    Row(
        resource("Network", "net", **_NET),
        {"ip_range": "10.0.0.0/15"},
        "replace",
        "address loss",
        "delete",
        "every private address",
    ),
    Row(
        _balancer("lb"),
        {"location": "nbg1"},
        "replace",
        "address loss",
        "delete",
        "its public address",
    ),
)


def _part(name: str, kind: str, change: dict[str, Any], says: str, /, **args: Any) -> Row:  # noqa: ANN401
    return Row(resource(kind, name, **args), change, "replace", "downtime", None, says)


_ROUTE = {"network_id": {"id of": "lan"}, "destination": "10.100.0.0/24", "gateway": "10.8.1.9"}
_SERVICE = {"protocol": "tcp", "listen_port": 80, "destination_port": 80}
_RECORD = {"zone": "names.test", "type": "A", "ttl": 300, "records": [{"value": "203.0.113.9"}]}

PARTS = (
    _part("subnet", "NetworkSubnet", {"ip_range": "10.8.9.0/24"}, "apart until attached anew",
          **_subnet("subnet", "10.8.8.0/24")["args"]),
    _part("route", "NetworkRoute", {"gateway": "10.8.1.10"}, "apart until attached anew",
          **_ROUTE),
    _part("membership", "ServerNetwork", {"ip": "10.8.1.8"}, "apart until attached anew",
          server_id={"id of": "source"}, subnet_id={"id of": "lan-1"}, ip="10.8.1.7"),
    _part("attachment", "VolumeAttachment", {"server_id": {"id of": "spare-server"}},
          "apart until attached anew", volume_id={"id of": "disk"}, server_id={"id of": "source"}),
    _part("service", "LoadBalancerService", {"protocol": "http"}, "nothing gets through",
          load_balancer_id={"id of": "front"}, **_SERVICE),
    _part("backend", "LoadBalancerTarget", {"server_id": {"id of": "spare-server"}},
          "nothing gets through", load_balancer_id={"id of": "front"}, type="server",
          server_id={"id of": "source"}),
    _part("inside", "LoadBalancerNetwork", {"subnet_id": {"id of": "lan-1"}},
          "nothing gets through", load_balancer_id={"id of": "other-front"},
          subnet_id={"id of": "other-lan-1"}),
    _part("record", "ZoneRrset", {"name": "www"}, "does not resolve", name="api", **_RECORD),
    Row(resource("ZoneRrset", "moved", **_RECORD | {"name": "moved"}),
        {"records": [{"value": "203.0.113.10"}]}, "update", "downtime", None,
        "until the TTL is over"),
    Row(resource("FirewallAttachment", "wall-of-spare", firewall_id={"id of": "wall"},
                 server_ids=[{"id of": "spare-server"}]),
        {"firewall_id": {"id of": "opens"}}, "replace", "exposure", None, "without their firewall"),
    Row(resource("Rdns", "reverse", primary_ip_id={"id of": "spare"},
                 ip_address={"address of": "spare"}, dns_ptr="a.names.test"),
        {"dns_ptr": "b.names.test"}, "update", "none"),
)  # fmt: skip
"""What joins things: nothing is lost with it, but it is missing for a while."""

ROWS = (*SERVERS, *OTHERS, *PARTS)
