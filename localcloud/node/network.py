"""The Docker network of an instance, on which servers and services find each other by name."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from docker.errors import APIError, NotFound
from docker.types import IPAMConfig, IPAMPool

from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.networks import Network

    from localcloud.settings import Instance


def ensure_network(client: DockerClient, instance: Instance) -> Network:
    """The instance's network, made if it is not there; raises NodeError."""
    try:
        return client.networks.get(instance.prefix)
    except NotFound:
        return _create(client, instance)


def gateway(instance: Instance) -> str:
    """The machine's own address on the network."""
    return str(next(ipaddress.ip_network(instance.subnet).hosts()))


def _create(client: DockerClient, instance: Instance) -> Network:
    pool = IPAMPool(subnet=instance.subnet, gateway=gateway(instance))
    try:
        return client.networks.create(
            instance.prefix,
            driver="bridge",
            ipam=IPAMConfig(pool_configs=[pool]),
            labels=instance.labels,
        )
    except APIError as error:
        raise NodeError(
            f"the Docker network {instance.prefix} with {instance.subnet} could not be made: "
            f"{error.explanation or error}. Is another instance running with the same "
            f"LOCALCLOUD_BLOCK ({instance.block})?"
        ) from error
