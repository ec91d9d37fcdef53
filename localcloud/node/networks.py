"""Private networks: a Docker network each, whose addresses the servers get from here.

Docker refuses two networks with overlapping ranges, and would put a route to each on this machine.
Private networks of the API may overlap, and 10.0.0.0/16 may well be the user's own LAN. So Docker
only lays the wire: a bridge this machine has no address on, with a range of the instance's own
that nobody uses. The real addresses are set inside the containers.

Names: `<prefix>-network-<id>`. It sorts after `<prefix>`, which therefore stays the way out.
"""

from __future__ import annotations

import ipaddress
import threading
from typing import TYPE_CHECKING

from docker.errors import APIError, NotFound
from docker.types import IPAMConfig, IPAMPool

from localcloud.node.errors import NodeError
from localcloud.node.execute import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network

    from localcloud.hetzner.machines import Leg
    from localcloud.settings import Instance

NETWORK_LABEL = "localcloud.network"
_FIRST, _LAST = 65, 127
"""Second octets of 100.64.0.0/10 that servers' own network leaves free."""
_OPTIONS = {
    "com.docker.network.bridge.inhibit_ipv4": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "false",
}
_ROUTE_PROTOCOL = 186
"""Marks the routes that were set from here; any number that is not assigned."""

_SCRIPT = """\
set -e
dev=$(ip -br link | awk '$3 == "{docker}" || $3 == "{own}" {{ print $1; exit }}')
dev=${{dev%@*}}
[ -n "$dev" ] || {{ echo 'the interface {docker} is not there' >&2; exit 1; }}
if ! ip -br link show dev "$dev" | grep -q {own}; then
  ip link set dev "$dev" down
  ip link set dev "$dev" address {own}
fi
ip link set dev "$dev" up
wanted=" {addresses} "
for known in $(ip -br -4 addr show dev "$dev" | awk '{{ for (i = 3; i <= NF; i++) print $i }}'); do
  case "$wanted" in
    *" $known "*) ;;
    *) ip addr del "$known" dev "$dev" ;;
  esac
done
for address in $wanted; do ip addr replace "$address" dev "$dev"; done
ip route flush dev "$dev" proto {protocol} 2>/dev/null || true
{routes}
"""


class PrivateNetworks:
    """The private networks of an instance."""

    def __init__(self, client: DockerClient, instance: Instance) -> None:
        """Nothing is asked of the engine yet."""
        self._client = client
        self._instance = instance
        self._lock = threading.Lock()

    def connect(self, container: Container, leg: Leg) -> None:
        """Give a container the interface; its addresses are set if it runs, by `configure` else."""
        name = self._name(leg.network)
        network = self._ensure(leg.network)
        container.reload()
        if name not in container.attrs["NetworkSettings"]["Networks"]:
            network.connect(container)
            container.reload()
        if container.status == "running":
            self.configure(container, leg)

    def configure(self, container: Container, leg: Leg) -> None:
        """Set addresses and routes of a running container's interface; raises NodeError."""
        container.reload()
        found = container.attrs["NetworkSettings"]["Networks"][self._name(leg.network)]
        execute(container, ["sh", "-s"], script(leg, found["MacAddress"]).encode())

    def disconnect(self, container: Container, network_id: int) -> None:
        """Take the interface away; none is no error."""
        container.reload()
        if self._name(network_id) in container.attrs["NetworkSettings"]["Networks"]:
            self._client.networks.get(self._name(network_id)).disconnect(container, force=True)

    def connected(self, container: Container) -> list[int]:
        """Ids of the networks a container is in."""
        container.reload()
        start = self._name_start()
        names = container.attrs["NetworkSettings"]["Networks"]
        return [int(name.removeprefix(start)) for name in names if name.startswith(start)]

    def drop(self, network_id: int) -> None:
        """Remove a network nobody is in; none is no error."""
        try:
            self._client.networks.get(self._name(network_id)).remove()
        except NotFound:
            return

    def _ensure(self, network_id: int) -> Network:
        with self._lock:
            try:
                return self._client.networks.get(self._name(network_id))
            except NotFound:
                return self._create(network_id)

    def _create(self, network_id: int) -> Network:
        problem = "all ranges are in use"
        for subnet in self._free():
            try:
                return self._client.networks.create(
                    self._name(network_id),
                    driver="bridge",
                    options=_OPTIONS,
                    check_duplicate=True,
                    ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)]),
                    labels={**self._instance.labels, NETWORK_LABEL: str(network_id)},
                )
            except APIError as error:
                problem = str(error.explanation or error)
                if "overlap" not in problem:
                    break
        raise NodeError(f"no Docker network for the private network {network_id}: {problem}")

    def _free(self) -> Iterator[str]:
        """Ranges for the wire, in the instance's own block."""
        found = self._client.networks.list(filters={"label": NETWORK_LABEL})
        taken = {pool["Subnet"] for one in found for pool in (one.attrs["IPAM"]["Config"] or [])}
        for octet in range(_FIRST, _LAST + 1):
            subnet = f"100.{octet}.{self._instance.block}.0/24"
            if subnet not in taken:
                yield subnet

    def _name_start(self) -> str:
        return f"{self._instance.prefix}-network-"

    def _name(self, network_id: int) -> str:
        return f"{self._name_start()}{network_id}"


def script(leg: Leg, docker_mac: str) -> str:
    """The shell script that gives an interface its addresses and routes, however often it runs."""
    prefix = ipaddress.ip_network(leg.cidr).prefixlen
    addresses = [f"{leg.ip}/{prefix}", *(f"{alias}/32" for alias in leg.aliases)]
    routes = [
        f'ip route replace {destination} via {gateway} dev "$dev" onlink proto {_ROUTE_PROTOCOL}'
        for destination, gateway in leg.routes
    ]
    return _SCRIPT.format(
        docker=docker_mac,
        own=leg.mac,
        addresses=" ".join(addresses),
        protocol=_ROUTE_PROTOCOL,
        routes="\n".join(routes),
    )
