"""The container and the volume that are a server, and nothing of what it is told later.

Names: container `<prefix>-server-<id>`, volume of its Docker engine `<prefix>-server-<id>-docker`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker.errors import NotFound

from localcloud.node.archives import File, put_files
from localcloud.node.ca import ensure_authority
from localcloud.node.captures import Captures
from localcloud.node.errors import NodeError
from localcloud.node.images import DOCKER_REGISTRY, GHCR_REGISTRY, builder
from localcloud.node.privileges import Privileges, detect
from localcloud.node.seed import seed_files, size_file
from localcloud.node.sizes import Limits, limits
from localcloud.supabase.constants import PROJECT_REF, direct_address, direct_host_of

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.hetzner.machines import MachineSpec
    from localcloud.settings import Instance

SERVER_LABEL = "localcloud.server"
"""Label of everything that belongs to a server; its value is the server's id."""
SYSTEM_IMAGE = "system:debian-12"
_CAPTURED = "image:"
_DOCKER_DATA = "/var/lib/docker"
_TMPFS = {"/run": "", "/run/lock": "", "/tmp": "exec"}  # noqa: S108 - the server's own


def public_alias(server_id: int) -> str:
    """The name a load balancer finds a server's public side by, whatever the server is called."""
    return f"server-{server_id}.public"


class ServerContainers:
    """Makes, finds and removes the containers of an instance's servers."""

    def __init__(self, client: DockerClient, instance: Instance) -> None:
        """Nothing is asked of the engine yet."""
        self._client = client
        self._instance = instance
        self._images = builder(client, instance)
        self.captures = Captures(client, instance)
        self._privileges: Privileges | None = None

    def find(self, server_id: int) -> Container | None:
        """The container of a server, as it is now."""
        try:
            return self._client.containers.get(self._name(server_id))
        except NotFound:
            return None

    def need(self, server_id: int) -> Container:
        """The container of a server; raises NodeError if there is none."""
        found = self.find(server_id)
        if found is None:
            raise NodeError(f"server {server_id} has no machine: its container was removed")
        return found

    def volume(self, server_id: int) -> str:
        """Name of the volume below the server's own Docker engine."""
        return f"{self._name(server_id)}-docker"

    def source(self, image: str) -> str:
        """The engine's tag for a server image.

        Raises:
            NodeError: the double has no such image.
        """
        if image == SYSTEM_IMAGE:
            return self._images.ensure(["node"])["node"]
        number = image.removeprefix(_CAPTURED)
        if number != image and number.isdigit() and self.captures.known(int(number)):
            return self.captures.tag(int(number))
        raise NodeError(
            f"the local cloud has no image {image!r}: use debian-12, or a snapshot or backup "
            "taken here"
        )

    def create(self, spec: MachineSpec, generation: int) -> None:
        """Make a server's disk and container, switched off; leaves nothing when it fails."""
        source = self.source(spec.image)
        try:
            self._fill_volume(spec)
            container = self._create(spec, source)
            put_files(container, self._seed(spec, generation))
        except BaseException:
            self.remove(spec.id)
            raise

    def limits(self, cores: int, memory_gb: float) -> Limits:
        """A size as this engine can give it."""
        return limits(cores, memory_gb, int(self._client.info()["NCPU"]))

    def resize(self, server_id: int, cores: int, memory_gb: float) -> None:
        """Change the limits of a server."""
        container = self.need(server_id)
        size = self.limits(cores, memory_gb)
        self._client.api.update_container(str(container.id), **size.arguments())
        put_files(container, [size_file(cores)])

    def remove(self, server_id: int) -> None:
        """Remove a server's container and disk; none is no error."""
        container = self.find(server_id)
        if container is not None:
            container.remove(force=True, v=True)
        try:
            self._client.volumes.get(self.volume(server_id)).remove(force=True)
        except NotFound:
            return

    def _create(self, spec: MachineSpec, source: str) -> Container:
        api = self._client.api
        prefix = self._instance.prefix
        endpoint = api.create_endpoint_config(aliases=[spec.name, public_alias(spec.id)])
        api.create_container(
            source,
            name=self._name(spec.id),
            hostname=spec.name,
            labels=self._labels(spec.id),
            networking_config={"EndpointsConfig": {prefix: endpoint}},
            host_config=self._flags().host_config(
                self._client,
                network_mode=prefix,
                tmpfs=_TMPFS,
                extra_hosts={direct_host_of(PROJECT_REF): direct_address(self._instance.block)},
                binds={self.volume(spec.id): {"bind": _DOCKER_DATA, "mode": "rw"}},
                **self.limits(spec.cores, spec.memory_gb).arguments(),
            ),
        )
        return self.need(spec.id)

    def _fill_volume(self, spec: MachineSpec) -> None:
        volume = self.volume(spec.id)
        self._client.volumes.create(volume, labels=self._labels(spec.id))
        if spec.image.startswith(_CAPTURED):
            self.captures.restore(int(spec.image.removeprefix(_CAPTURED)), volume)

    def _seed(self, spec: MachineSpec, generation: int) -> tuple[File, ...]:
        authority = ensure_authority(self._instance).certificate
        instance_id = f"{spec.id}-{generation}"
        return seed_files(spec, instance_id, authority, (DOCKER_REGISTRY, GHCR_REGISTRY))

    def _flags(self) -> Privileges:
        if self._privileges is None:
            memory = self._instance.cache / "privileges.json"
            self._privileges = detect(self._client, self._images.tag("node"), memory)
        return self._privileges

    def _labels(self, server_id: int) -> dict[str, str]:
        return {**self._instance.labels, SERVER_LABEL: str(server_id)}

    def _name(self, server_id: int) -> str:
        return f"{self._instance.prefix}-server-{server_id}"
