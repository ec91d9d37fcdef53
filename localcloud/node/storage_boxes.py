"""The containers that are Storage Boxes: SFTP hosts whose data is in a volume of its own.

Names: `<prefix>-storage-box-<id>`, for container and volume.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from docker.errors import NotFound

from localcloud.node.archives import File, put_files
from localcloud.node.errors import NodeError
from localcloud.node.images import builder

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
        self._images = builder(client, instance)

    def apply(self, spec: BoxSpec) -> None:
        """Make a box what the spec says; the data stays. Raises NodeError."""
        container = self._running(spec)
        put_files(container, _files(spec))
        _run(container, [_LOAD])
        if _listens(spec):
            _run(container, ["timeout", "20", "sh", "-c", _LISTENS])

    def delete(self, number: int) -> None:
        """Remove a box and its data; none is no error."""
        container = self._find(number)
        if container is not None:
            container.remove(force=True, v=True)
        try:
            self._client.volumes.get(self._name(number)).remove(force=True)
        except NotFound:
            return

    def used(self, number: int) -> int:
        """Bytes in a box; raises NodeError where it does not run."""
        container = self._find(number)
        if container is None or container.status != "running":
            raise NodeError(f"storage box {number} does not run")
        return int(_run(container, ["du", "-sb", _DATA]).split()[0])

    def _running(self, spec: BoxSpec) -> Container:
        tag = self._images.ensure([_IMAGE])[_IMAGE]
        container = self._find(spec.id)
        if container is not None and container.attrs["Config"]["Image"] != tag:
            container.remove(force=True)
            container = None
        if container is None:
            container = self._create(spec, tag)
        if container.status != "running":
            container.start()
        return container

    def _create(self, spec: BoxSpec, tag: str) -> Container:
        name, prefix = self._name(spec.id), self._instance.prefix
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

    def _find(self, number: int) -> Container | None:
        try:
            return self._client.containers.get(self._name(number))
        except NotFound:
            return None

    def _name(self, number: int) -> str:
        return f"{self._instance.prefix}-storage-box-{number}"


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


def _run(container: Container, command: list[str]) -> str:
    code, output = container.exec_run(command)
    text = cast("bytes", output).decode(errors="replace")
    if code:
        raise NodeError(f"`{command[-1]}` in {container.name} failed: {text.strip()}")
    return text
