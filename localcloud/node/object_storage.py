"""The object storage of an instance: an S3 server whose buckets are in its memory.

Hetzner has no API for it: buckets and keys are made in the console. So here they are made by
`localcloud bucket`. Name of the container: `<prefix>-object-storage`.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from docker.errors import NotFound

from localcloud.node.appliances import output_of
from localcloud.node.archives import File, put_files
from localcloud.node.ca import ensure_authority, issue
from localcloud.node.errors import NodeError
from localcloud.node.images import builder
from localcloud.redis import address

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.settings import Instance

HOST = "objects.localcloud.test"
KEY_ID, SECRET = "LOCALCLOUD", "localcloud-object-storage"
"""The one key, a public constant: it guards nothing."""
_IMAGE = "object-storage"
_LABEL = "localcloud.object-storage"
_SETTINGS = "/etc/object-storage"
_PROGRAM = "/usr/local/sbin/object-storage"
_PORT = 443
_STORE, _SIZE = "/srv/store", "128m"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_PRIVATE = 0o600


class Trouble(enum.StrEnum):
    """What may be wrong with it: nobody listens, the key is refused, no space is left."""

    NONE = "none"
    REFUSED = "refused"
    LOGIN = "login"
    FULL = "full"


class ObjectStorage:
    """The object storage; made by the first bucket."""

    def __init__(self, client: DockerClient, instance: Instance) -> None:
        """Nothing is asked of the engine yet."""
        self._client = client
        self._instance = instance

    def add_bucket(self, name: str) -> str:
        """Make a bucket, or find it there; returns its URL. Raises NodeError."""
        if not _NAME.fullmatch(name):
            raise NodeError(
                f"{name!r} is no name of a bucket: 3 to 63 of a-z, 0-9 and '-', no '-' at its ends"
            )
        container = self._find() or self._create()
        container.start()
        add = f"grep -qx {name} {_SETTINGS}/buckets || echo {name} >>{_SETTINGS}/buckets"
        output_of(container, ["sh", "-c", add])
        self._load(container)
        return f"https://{HOST}/{name}"

    def backend(self, bucket: str) -> str:
        """Where an engine on this machine keeps its state in a bucket: PULUMI_BACKEND_URL.

        This machine knows no name of the double's, hence the address, and the bucket in the path.
        """
        place = f"endpoint=https://{address(self._instance)}&region=us-east-1"
        return f"s3://{bucket}?{place}&s3ForcePathStyle=true"

    def set_trouble(self, trouble: Trouble) -> None:
        """Have something be wrong with it from now on, or nothing; raises NodeError."""
        put_files(self._there(), [File(f"{_SETTINGS}/trouble", trouble.encode())])
        self._load(self._there())

    def run(self, command: str) -> str:
        """What a shell command in its host prints, asked as its administrator; raises NodeError."""
        return output_of(self._there(), ["sh", "-c", command])

    def _load(self, container: Container) -> None:
        output_of(container, [_PROGRAM, "load"])

    def _there(self) -> Container:
        container = self._find()
        if container is None:
            raise NodeError("there is no object storage yet: make a bucket first")
        return container

    def _find(self) -> Container | None:
        try:
            return self._client.containers.get(self._container_name())
        except NotFound:
            return None

    def _create(self) -> Container:
        prefix = self._instance.prefix
        endpoint = self._client.api.create_endpoint_config(aliases=[HOST])
        container = self._client.containers.create(
            builder(self._client, self._instance).ensure([_IMAGE])[_IMAGE],
            name=self._container_name(),
            hostname=_IMAGE,
            labels={**self._instance.labels, _LABEL: "yes"},
            network=prefix,
            networking_config={prefix: endpoint},
            ports={f"{_PORT}/tcp": (address(self._instance), _PORT)},
            tmpfs={_STORE: f"size={_SIZE}"},
            restart_policy={"Name": "always", "MaximumRetryCount": 0},
        )
        put_files(container, self._files())
        return container

    def _files(self) -> list[File]:
        names = (HOST, address(self._instance))
        leaf = issue(ensure_authority(self._instance), names)
        return [
            File(f"{_SETTINGS}/tls.crt", leaf.certificate),
            File(f"{_SETTINGS}/tls.key", leaf.key, _PRIVATE),
            File(f"{_SETTINGS}/key-id", KEY_ID.encode()),
            File(f"{_SETTINGS}/secret", SECRET.encode(), _PRIVATE),
            File(f"{_SETTINGS}/buckets", b""),
            File(f"{_SETTINGS}/trouble", Trouble.NONE.encode()),
        ]

    def _container_name(self) -> str:
        return f"{self._instance.prefix}-{_IMAGE}"
