"""The private network between the servers and the load balancer: fixed addresses."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pulumi
import pulumi_hcloud as hcloud

if TYPE_CHECKING:
    from config.settings import Settings
    from infra.servers.host import Host

_SUBNET = 24
_BALANCER, _SERVERS = 2, 10  # host numbers; the first address of a subnet is the gateway's
_ZONES = {"ash": "us-east", "hil": "us-west", "sin": "ap-southeast"}
_EUROPE = "eu-central"


def subnet(network: str) -> str:
    """Return the first /24 of the private network: everybody is in it."""
    return str(next(ipaddress.ip_network(network).subnets(new_prefix=_SUBNET)))


def balancer_address(network: str) -> str:
    """Return the load balancer's private address."""
    return str(ipaddress.ip_network(network)[_BALANCER])


def server_address(network: str, number: int) -> str:
    """Return the private address of a server by its number."""
    return str(ipaddress.ip_network(network)[_SERVERS + number])


class PrivateNetwork(pulumi.ComponentResource):
    """The network, its subnet and the servers in it.

    Attributes:
        subnet: where load balancer and servers have their addresses.
        memberships: one a server, in order.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("nutri:infra:PrivateNetwork", name, None, opts)
        self._range = settings.private_network
        child = pulumi.ResourceOptions(parent=self)
        network = hcloud.Network("network", name=name, ip_range=self._range, opts=child)
        self.subnet = hcloud.NetworkSubnet(
            "subnet",
            network_id=network.id.apply(int),
            type="cloud",
            network_zone=_ZONES.get(settings.location, _EUROPE),
            ip_range=subnet(self._range),
            opts=child,
        )
        self.memberships: list[hcloud.ServerNetwork] = []
        self.register_outputs({})

    def admit(self, host: Host) -> hcloud.ServerNetwork:
        """Give a server its private address."""
        membership = hcloud.ServerNetwork(
            f"private-{host.number}",
            server_id=host.server.id.apply(int),
            subnet_id=self.subnet.id,
            ip=server_address(self._range, host.number),
            # A server that is gone took its membership along.
            opts=pulumi.ResourceOptions(parent=self, deleted_with=host.server),
        )
        self.memberships.append(membership)
        return membership
