"""The containers that are Storage Boxes: SFTP hosts whose data is in a volume of its own.

Names: `<prefix>-storage-box-<id>`, for container and volume.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from docker.errors import NotFound

from localcloud.node.appliances import Appliances, output_of
from localcloud.node.archives import File, put_files
from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.hetzner.storage_boxes.spec import BoxSpec
    from localcloud.settings import Instance

BOX_LABEL = "localcloud.storage-box"
"""Label of a box's container; its value is the id."""
_IMAGE = "storage-box"
_DATA = "/srv/box/home"
_LOAD = "/usr/local/sbin/storage-box-load"
_LISTENS = "until bash -c '</dev/tcp/127.0.0.1/23' 2>/dev/null; do sleep 0.1; done"
_SECRET = 0o600


def host_key() -> Ed25519PrivateKey:
    """The key all boxes of the double have, as all of Hetzner's have one: a public constant."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"localcloud storage box").digest())


def public_host_key() -> str:
    """Its public half, `<type> <base64>`."""
    public = host_key().public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


class StorageBoxHosts:
    """The Storage Boxes of an instance."""

    def __init__(self, client: DockerClient, instance: Instance) -> None:
        """Nothing is asked of the engine yet."""
        self._client = client
        self._instance = instance
        self._containers = Appliances(client, instance, _IMAGE)

    def apply(self, spec: BoxSpec) -> None:
        """Make a box what the spec says; the data stays. Raises NodeError."""
        container = self._containers.up(spec.id, lambda tag: self._create(spec, tag))
        put_files(container, _files(spec))
        output_of(container, [_LOAD])
        if _listens(spec):
            output_of(container, ["timeout", "20", "sh", "-c", _LISTENS])

    def delete(self, number: int) -> None:
        """Remove a box and its data; none is no error."""
        self._containers.delete(number)
        try:
            self._client.volumes.get(self._containers.name(number)).remove(force=True)
        except NotFound:
            return

    def used(self, number: int) -> int:
        """Bytes in a box; raises NodeError where it does not run, or does not tell."""
        told = output_of(self._containers.running(number), ["du", "-sb", _DATA])
        if not (size := told.partition("\t")[0]).isdigit():
            raise NodeError(f"storage box {number} tells no size: {told.strip()!r}")
        return int(size)

    def _create(self, spec: BoxSpec, tag: str) -> Container:
        name, prefix = self._containers.name(spec.id), self._instance.prefix
        labels = {**self._instance.labels, BOX_LABEL: str(spec.id)}
        self._client.volumes.create(name, labels=labels)
        endpoint = self._client.api.create_endpoint_config(aliases=[spec.host])
        return self._client.containers.create(
            tag,
            name=name,
            hostname=spec.username,
            labels=labels,
            network=prefix,
            networking_config={prefix: endpoint},
            volumes={name: {"bind": _DATA, "mode": "rw"}},
        )


def _listens(spec: BoxSpec) -> bool:
    return spec.reachable and spec.trouble != "refused"


def _files(spec: BoxSpec) -> list[File]:
    private = host_key().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    trouble = spec.trouble if _listens(spec) else "refused"
    keys = "".join(f"{key.strip()}\n" for key in spec.ssh_keys)
    return [
        File("/etc/box/user", spec.username.encode()),
        File("/etc/box/password", spec.password.encode(), _SECRET),
        File("/etc/box/authorized_keys", keys.encode()),
        File("/etc/box/host_key", private, _SECRET),
        File("/etc/box/trouble", trouble.encode()),
    ]
