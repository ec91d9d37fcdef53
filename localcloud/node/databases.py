"""The databases behind Supabase's API: a container each, with PostgreSQL and PgBouncer in it.

The poolers are on the servers' network; the database itself has an address in a network with IPv6
that this machine alone has a way to, where its Docker has IPv6.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from docker.errors import APIError, DockerException, NotFound
from docker.types import IPAMConfig, IPAMPool

from localcloud.errors import LocalCloudError
from localcloud.node import docker_engine
from localcloud.node.errors import NodeError
from localcloud.node.execute import execute
from localcloud.node.images import builder
from localcloud.supabase.constants import DIRECT_PORT, POOLER_PORT, direct_prefix
from localcloud.supabase.databases import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network

    from localcloud.settings import Instance
    from localcloud.supabase.databases import DatabaseSpec

DATABASE_LABEL = "localcloud.database"
"""Label of a database's container; its value is the project's ref."""
_IMAGE = "database"
_log = logging.getLogger("localcloud.supabase")


class DockerDatabases:
    """Implements `localcloud.supabase.databases.Databases` on this machine's Docker engine."""

    def __init__(self, instance: Instance) -> None:
        """Nothing is asked of the engine yet."""
        self._instance = instance
        self._known: DockerClient | None = None

    def create(self, spec: DatabaseSpec) -> None:
        """See `Databases`."""
        with _as_database_error():
            container = self._find(spec.ref) or self._make(spec)
            self._give_address(container, spec)
            container.start()
            execute(container, ["database", "ready"], b"")
            execute(container, ["database", "password"], f"{spec.password}\n".encode())
            if spec.seeded:
                execute(container, ["database", "seed"], b"")

    def start(self, ref: str) -> None:
        """See `Databases`."""
        self._tell(ref, "start")

    def stop(self, ref: str) -> None:
        """See `Databases`."""
        self._tell(ref, "stop")

    def delete(self, ref: str) -> None:
        """See `Databases`."""
        with _as_database_error():
            container = self._find(ref)
            if container is not None:
                container.remove(force=True, v=True)

    def set_pool_size(self, ref: str, size: int) -> None:
        """See `Databases`."""
        self._tell(ref, "pool", str(size))

    def set_password(self, ref: str, password: str) -> None:
        """See `Databases`."""
        self._tell(ref, "password", stdin=f"{password}\n".encode())

    def restore_to(self, ref: str, moment: datetime) -> None:
        """See `Databases`."""
        self._tell(ref, "restore-to", f"{moment:%Y-%m-%d %H:%M:%S} UTC")

    def hold(self, ref: str, number: int, port: int) -> None:
        """See `Databases`."""
        self._tell(ref, "hold", str(number), str(port))

    def release(self, ref: str) -> None:
        """See `Databases`."""
        self._tell(ref, "release")

    def _tell(self, ref: str, *words: str, stdin: bytes = b"") -> None:
        with _as_database_error():
            container = self._find(ref)
            if container is None:
                raise NodeError(f"the database of {ref} is gone: its container was removed")
            execute(container, ["database", *words], stdin)

    def _find(self, ref: str) -> Container | None:
        try:
            return self._client().containers.get(self._name(ref))
        except NotFound:
            return None

    def _make(self, spec: DatabaseSpec) -> Container:
        client, network = self._client(), self._instance.prefix
        images = builder(client, self._instance)
        if not images.present(_IMAGE):
            raise NodeError("its image is not built: `python -m localcloud up` does that")
        endpoint = client.api.create_endpoint_config(aliases=[spec.host])
        return client.containers.create(
            images.tag(_IMAGE),
            name=self._name(spec.ref),
            hostname="database",
            labels={**self._instance.labels, DATABASE_LABEL: spec.ref},
            environment={"POSTGRES_MAJOR": str(spec.major)},
            network=network,
            networking_config={network: endpoint},
            ports={f"{port}/tcp": (spec.address, port) for port in (DIRECT_PORT, POOLER_PORT)},
            restart_policy={"Name": "always", "MaximumRetryCount": 0},
            init=True,
            shm_size="64m",
        )

    def _give_address(self, container: Container, spec: DatabaseSpec) -> None:
        """Let the database itself be reached, by IPv6; a machine without it goes without."""
        try:
            network = self._direct_network()
            if network.name not in container.attrs["NetworkSettings"]["Networks"]:
                network.connect(container, ipv6_address=spec.direct_address)
        except APIError as error:
            _log.warning("no IPv6 for the database of %s: %s", spec.ref, error.explanation)

    def _direct_network(self) -> Network:
        client, block = self._client(), self._instance.block
        name = f"{self._instance.prefix}-direct"
        try:
            return client.networks.get(name)
        except NotFound:
            pools = [IPAMPool(f"{direct_prefix(block)}::/64"), IPAMPool(f"198.18.{block}.0/24")]
            return client.networks.create(
                name,
                driver="bridge",
                enable_ipv6=True,
                ipam=IPAMConfig(pool_configs=pools),
                labels=self._instance.labels,
            )

    def _name(self, ref: str) -> str:
        return f"{self._instance.prefix}-database-{ref}"

    def _client(self) -> DockerClient:
        if self._known is None:
            self._known = docker_engine.connect()
        return self._known


@contextmanager
def _as_database_error() -> Iterator[None]:
    try:
        yield
    except (LocalCloudError, DockerException, OSError) as error:
        raise DatabaseError(str(error)) from error
