"""Servers reach each other by their private addresses, and only there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hcloud.networks import NetworkRoute, NetworkSubnet

if TYPE_CHECKING:
    from hcloud.servers import BoundServer

    from tests.e2e.network.conftest import Platform

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


def _private(server: BoundServer) -> str:
    server.reload()
    assert server.private_net is not None
    return str(server.private_net[0].ip)


def test_servers_reach_each_other(platform: Platform) -> None:
    """Ping and HTTP by private address, over the private interface, both ways."""
    one, two = (_private(platform.servers[name]) for name in ("one", "two"))
    assert (one, two) == ("10.0.1.1", "10.0.1.2")
    assert platform.run("one", "ping", "-c1", "-W2", two)[0] == 0
    assert platform.run("one", "curl", "-sf", f"{two}:8080") == (0, "two")
    assert platform.run("two", "curl", "-sf", f"{one}:8080") == (0, "one")
    assert f"src {one}" in platform.run("one", "ip", "route", "get", two)[1]


def test_the_way_out_stays_the_public_one(platform: Platform) -> None:
    """The default route is that of the instance's own network."""
    code, shown = platform.run("one", "ip", "route", "show", "default")
    router = f"100.64.{platform.instance.block}.1"
    assert (code, shown.split()[:3]) == (0, ["default", "via", router])


def test_addresses_come_back_after_a_power_cut(platform: Platform) -> None:
    """A server that was off has its private address again."""
    platform.servers["two"].reset().wait_until_finished()
    address = _private(platform.servers["two"])
    assert platform.run("one", "ping", "-c3", "-W2", address)[0] == 0


def test_other_networks_are_other_wires(platform: Platform) -> None:
    """The same range in another network does not meet this one."""
    subnet = NetworkSubnet(type="cloud", ip_range="10.0.1.0/24", network_zone="eu-central")
    other = platform.client.networks.create("twin", "10.0.0.0/16", subnets=[subnet])
    server = platform.servers["two"]
    server.detach_from_network(platform.network).wait_until_finished()
    server.attach_to_network(other, ip="10.0.1.2").wait_until_finished()
    assert platform.run("one", "ping", "-c1", "-W1", "10.0.1.2")[0] != 0
    server.detach_from_network(other).wait_until_finished()
    other.delete()
    server.attach_to_network(platform.network, ip="10.0.1.2").wait_until_finished()
    assert platform.run("one", "ping", "-c2", "-W2", "10.0.1.2")[0] == 0


def test_aliases_and_routes_are_set(platform: Platform) -> None:
    """An alias answers; a route of the network is in the members' tables."""
    server = platform.servers["two"]
    server.change_alias_ips(platform.network, ["10.0.1.20"]).wait_until_finished()
    assert platform.run("one", "ping", "-c1", "-W2", "10.0.1.20")[0] == 0
    route = NetworkRoute(destination="192.168.77.0/24", gateway="10.0.1.2")
    platform.network.add_route(route).wait_until_finished()
    assert "via 10.0.1.2" in platform.run("one", "ip", "route", "get", "192.168.77.5")[1]
    platform.network.delete_route(route).wait_until_finished()
    assert "via 10.0.1.2" not in platform.run("one", "ip", "route", "get", "192.168.77.5")[1]
    server.change_alias_ips(platform.network, []).wait_until_finished()
    assert platform.run("one", "ping", "-c1", "-W1", "10.0.1.20")[0] != 0
