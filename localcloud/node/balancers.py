"""The containers that are load balancers, each with an HAProxy.

Names: `<prefix>-load-balancer-<id>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.node.appliances import Appliances, output_of
from localcloud.node.archives import File, put_files
from localcloud.node.balancer_config import certificate_files, parse_health, render
from localcloud.node.edge import Backend

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.hetzner.load_balancers.spec import BalancerSpec, TargetHealth
    from localcloud.node.networks import PrivateNetworks
    from localcloud.settings import Instance

BALANCER_LABEL = "localcloud.load-balancer"
"""Label of a load balancer's container; its value is the id."""
_SECRET = 0o600
_IMAGE = "load-balancer"
_CONFIGURATION = "/etc/haproxy/new.cfg"
_LOAD = "/usr/local/sbin/balance-load"
_STATISTICS = "echo 'show stat' | socat -t 5 - UNIX-CONNECT:/run/haproxy/admin.sock"


class Balancers:
    """The load balancers of an instance."""

    def __init__(self, client: DockerClient, instance: Instance, networks: PrivateNetworks) -> None:
        """Nothing is asked of the engine yet."""
        self._client = client
        self._instance = instance
        self._networks = networks
        self._containers = Appliances(client, instance, _IMAGE)

    def apply(self, spec: BalancerSpec) -> Backend:
        """Make a load balancer what the spec says; returns where it listens.

        Raises:
            NodeError: it could not be made, or HAProxy refused the configuration.
        """
        container = self._containers.up(spec.id, lambda tag: self._create(spec.id, tag))
        self._wire(container, spec)
        put_files(container, _files(spec))
        output_of(container, [_LOAD])
        container.reload()
        networks = container.attrs["NetworkSettings"]["Networks"]
        address = networks[self._instance.prefix]["IPAddress"]
        return Backend(address, container.attrs["State"]["Pid"])

    def delete(self, number: int) -> None:
        """Remove a load balancer; none is no error."""
        self._containers.delete(number)

    def health(self, number: int) -> tuple[TargetHealth, ...]:
        """What HAProxy's checks found; raises NodeError where it does not run."""
        running = self._containers.running(number)
        return parse_health(output_of(running, ["sh", "-c", _STATISTICS]))

    def _create(self, number: int, tag: str) -> Container:
        return self._client.containers.create(
            tag,
            name=self._containers.name(number),
            hostname=f"load-balancer-{number}",
            labels={**self._instance.labels, BALANCER_LABEL: str(number)},
            network=self._instance.prefix,
            cap_add=["NET_ADMIN"],
        )

    def _wire(self, container: Container, spec: BalancerSpec) -> None:
        wanted = spec.leg.network if spec.leg else None
        for network in self._networks.connected(container):
            if network != wanted:
                self._networks.disconnect(container, network)
        if spec.leg is not None:
            self._networks.connect(container, spec.leg)


def _files(spec: BalancerSpec) -> list[File]:
    secrets = certificate_files(spec).items()
    configuration = File(_CONFIGURATION, render(spec).encode())
    return [configuration, *(File(path, text.encode(), _SECRET) for path, text in secrets)]
