"""The Redis of an instance: a real one behind TLS and a password, which the app may use.

Its vendor's API plays no part: a database is made in a console. Name: `<prefix>-redis`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker.errors import NotFound

from localcloud.node.appliances import output_of
from localcloud.node.archives import File, put_files
from localcloud.node.ca import cross_signed, ensure_authority, issue
from localcloud.node.errors import NodeError
from localcloud.node.images import builder
from localcloud.redis import HOST, PASSWORD, PORT, Trouble, address

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.settings import Instance

IMAGE = "redis"
_SETTINGS = "/etc/store"
_PROGRAM = "/usr/local/bin/store"
_PRIVATE = 0o600


class Redis:
    """The Redis of an instance; made by `up`."""

    def __init__(self, client: DockerClient, instance: Instance) -> None:
        """Nothing is asked of the engine yet."""
        self._client = client
        self._instance = instance

    def up(self) -> None:
        """Have it run, of the image as it is now; raises NodeError."""
        tag = builder(self._client, self._instance).ensure([IMAGE])[IMAGE]
        container = self._find()
        if container is not None and container.attrs["Config"]["Image"] != tag:
            container.remove(force=True, v=True)
            container = None
        (container or self._create(tag)).start()

    def set_trouble(self, trouble: Trouble) -> None:
        """See `localcloud.redis.Store`; raises NodeError."""
        container = self._there()
        put_files(container, [File(f"{_SETTINGS}/trouble", trouble.encode())])
        output_of(container, [_PROGRAM, "load"])

    @property
    def trouble(self) -> Trouble:
        """See `localcloud.redis.Store`; raises NodeError."""
        return Trouble(output_of(self._there(), ["cat", f"{_SETTINGS}/trouble"]).strip())

    def _there(self) -> Container:
        container = self._find()
        if container is None or container.status != "running":
            raise NodeError("the Redis does not run: `python -m localcloud up` starts it")
        return container

    def _find(self) -> Container | None:
        try:
            return self._client.containers.get(self._name())
        except NotFound:
            return None

    def _create(self, tag: str) -> Container:
        prefix = self._instance.prefix
        container = self._client.containers.create(
            tag,
            name=self._name(),
            hostname=IMAGE,
            labels=self._instance.labels,
            network=prefix,
            networking_config={prefix: self._client.api.create_endpoint_config(aliases=[HOST])},
            ports={f"{PORT}/tcp": (address(self._instance), PORT)},
            restart_policy={"Name": "always", "MaximumRetryCount": 0},
            init=True,
        )
        put_files(container, self._files())
        return container

    def _files(self) -> list[File]:
        authority = ensure_authority(self._instance)
        leaf = issue(authority, (HOST,))
        # Who trusts this instance stops at its authority; images of the app go on to the world's.
        chain = leaf.certificate + cross_signed(authority)
        return [
            File(f"{_SETTINGS}/tls.crt", chain),
            File(f"{_SETTINGS}/tls.key", leaf.key, _PRIVATE),
            File(f"{_SETTINGS}/ca.crt", authority.certificate),
            File(f"{_SETTINGS}/password", PASSWORD.encode(), _PRIVATE),
            File(f"{_SETTINGS}/trouble", Trouble.NONE.encode()),
        ]

    def _name(self) -> str:
        return f"{self._instance.prefix}-{IMAGE}"
