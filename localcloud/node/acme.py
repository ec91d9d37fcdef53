"""Let's Encrypt, as the servers of an instance find it: Pebble, under the vendor's own name.

It runs in this machine's network, so that it validates as the world would: by the double's DNS and
through the servers' public addresses. Servers reach it over the services' container, through a
socket in a volume. Name of container and volume: `<prefix>-acme`.
"""

from __future__ import annotations

import enum
import hashlib
from typing import TYPE_CHECKING

from docker.errors import NotFound

from localcloud.node.archives import File, put_files
from localcloud.node.ca import ensure_authority
from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.settings import Instance

HOST = "acme-v02.api.letsencrypt.org"
FOLDER = "/run/acme"
"""Where the volume is, in both containers."""
IMAGE = "acme"
_REVISION_LABEL = "localcloud.revision"
_PRIVATE = 0o600


class Trouble(enum.StrEnum):
    """What may be wrong with it: no answer, the rate limit, names that do not lead here yet."""

    NONE = "none"
    UNREACHABLE = "unreachable"
    LIMITED = "limited"
    UNLED = "unled"


def volume_of(instance: Instance) -> str:
    """Name of the volume with the socket."""
    return f"{instance.prefix}-{IMAGE}"


def ensure_acme(client: DockerClient, instance: Instance, image: str) -> None:
    """Have it run, from this image."""
    revision = _revision(instance, image)
    found = _find(client, instance)
    if found is not None and found.labels.get(_REVISION_LABEL) != revision:
        found.remove(force=True)
        found = None
    (found or _create(client, instance, image, revision)).start()


def set_trouble(client: DockerClient, instance: Instance, trouble: Trouble) -> None:
    """Have something be wrong with it from now on, or nothing; raises NodeError."""
    put_files(_need(client, instance), [File(f"{FOLDER}/trouble", trouble.encode())])


def forget_failures(client: DockerClient, instance: Instance) -> None:
    """As if the hour of the limit of failed validations were over; raises NodeError."""
    _need(client, instance).restart(timeout=1)


def said(client: DockerClient, instance: Instance) -> str:
    """Its log; raises NodeError."""
    return _need(client, instance).logs().decode(errors="replace")


def _need(client: DockerClient, instance: Instance) -> Container:
    found = _find(client, instance)
    if found is None:
        raise NodeError("the local cloud has no ACME server: bring it up first")
    return found


def _find(client: DockerClient, instance: Instance) -> Container | None:
    try:
        return client.containers.get(f"{instance.prefix}-{IMAGE}")
    except NotFound:
        return None


def _create(client: DockerClient, instance: Instance, image: str, revision: str) -> Container:
    volume = volume_of(instance)
    client.volumes.create(volume, labels=instance.labels)
    container = client.containers.create(
        image,
        ["/usr/local/bin/acme", "-names", f"127.0.0.1:{instance.dns_port}"],
        name=f"{instance.prefix}-{IMAGE}",
        labels={**instance.labels, _REVISION_LABEL: revision},
        network_mode="host",
        volumes={volume: {"bind": FOLDER, "mode": "rw"}},
        restart_policy={"Name": "always", "MaximumRetryCount": 0},
    )
    authority = ensure_authority(instance)
    put_files(
        container,
        [
            File("/etc/acme/ca.crt", authority.certificate),
            File("/etc/acme/ca.key", authority.key, _PRIVATE),
        ],
    )
    return container


def _revision(instance: Instance, image: str) -> str:
    certificate = ensure_authority(instance).certificate.decode()
    parts = (image, certificate, str(instance.dns_port))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
