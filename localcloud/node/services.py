"""The services an instance's servers find on their "internet", as one container.

It plays two image registries and Coolify's download site, and leads to Let's Encrypt's double; each
has its own name on the instance's network.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import httpx
from docker.errors import APIError, NotFound

from localcloud.node import acme, docker_engine
from localcloud.node.archives import File, put_files
from localcloud.node.ca import ensure_authority, issue
from localcloud.node.errors import ServiceError
from localcloud.node.images import DOCKER_REGISTRY, GHCR_REGISTRY, PUBLISHED, ROOT, builder
from localcloud.node.network import ensure_network
from localcloud.node.progress import Say, say
from localcloud.node.publish import GHCR_PASSWORD, Publisher
from localcloud.node.redis import Redis
from localcloud.node.registry_data import RegistryData

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.settings import Instance

CDN = "cdn.localcloud.test"
NAMES = (DOCKER_REGISTRY, GHCR_REGISTRY, CDN, acme.HOST)
_PORTS = {DOCKER_REGISTRY: "5000/tcp", GHCR_REGISTRY: "5001/tcp"}
_REVISION_LABEL = "localcloud.revision"
_READY_SECONDS = 30.0
_POLL_SECONDS = 0.2
_SECRET = 0o600
_DOWNLOADS = ROOT / "coolify" / "cdn"
"""What the download site offers below /coolify/."""


def up(instance: Instance, tell: Say = say) -> DockerClient:
    """Bring up everything servers need: engine, images, network, services, published images.

    Returns the client of the engine. Raises NodeError and its subclasses.
    """
    client = docker_engine.ensure(tell)
    images = builder(client, instance, tell)
    images.ensure(["node", "services", acme.IMAGE, "database", "storage-box", "redis"])
    ensure_network(client, instance)
    data = RegistryData.of(instance.cache / "registries", images, PUBLISHED)
    data.prepare()
    acme.ensure_acme(client, instance, images.tag(acme.IMAGE))
    container = _ensure_container(client, instance, images.tag("services"), data)
    registries = {name: _published_port(container, port) for name, port in _PORTS.items()}
    Redis(client, instance).up()
    _wait_ready(container, registries)
    Publisher(client, images, registries, data.folder, tell).ensure()
    return client


def _name(instance: Instance) -> str:
    return f"{instance.prefix}-services"


def _ensure_container(
    client: DockerClient, instance: Instance, image: str, data: RegistryData
) -> Container:
    try:
        found = client.containers.get(_name(instance))
    except NotFound:
        return _create(client, instance, image, data)
    if found.labels.get(_REVISION_LABEL) != _revision(instance, image, data):
        found.remove(force=True, v=True)
        return _create(client, instance, image, data)
    found.start()
    found.reload()
    return found


def _create(client: DockerClient, instance: Instance, image: str, data: RegistryData) -> Container:
    container = client.containers.create(
        image,
        name=_name(instance),
        hostname="services",
        labels={**instance.labels, _REVISION_LABEL: _revision(instance, image, data)},
        network=instance.prefix,
        networking_config={instance.prefix: client.api.create_endpoint_config(aliases=list(NAMES))},
        ports=dict.fromkeys(_PORTS.values(), ("127.0.0.1", 0)),
        environment={"REGISTRY_CONTENT": data.folder.name},
        volumes={
            str(data.root): {"bind": "/var/lib/registry", "mode": "rw"},
            str(_DOWNLOADS): {"bind": "/srv/cdn/coolify", "mode": "ro"},
            acme.volume_of(instance): {"bind": acme.FOLDER, "mode": "rw"},
        },
    )
    put_files(container, _secrets(instance))
    _start(container)
    return container


def _revision(instance: Instance, image: str, data: RegistryData) -> str:
    """Changes with what the container was made of: image, authority, folders."""
    authority = ensure_authority(instance).certificate.decode()
    parts = (image, authority, str(data.folder), str(_DOWNLOADS))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _secrets(instance: Instance) -> tuple[File, ...]:
    authority = ensure_authority(instance)
    leaf = issue(authority, NAMES)
    return (
        File("/run/services/tls.crt", leaf.certificate),
        File("/run/services/tls.key", leaf.key, _SECRET),
        File("/run/services/ghcr-password", GHCR_PASSWORD.encode(), _SECRET),
    )


def _start(container: Container) -> None:
    try:
        container.start()
    except APIError as error:
        container.remove(force=True)
        raise ServiceError(
            f"{container.name} did not start: {error.explanation or error}"
        ) from error
    container.reload()


def _published_port(container: Container, port: str) -> str:
    bindings = container.attrs["NetworkSettings"]["Ports"].get(port)
    if not bindings:
        logs = container.logs(tail=20).decode(errors="replace")
        raise ServiceError(f"{container.name} is not running; its last lines:\n{logs}")
    return f"127.0.0.1:{bindings[0]['HostPort']}"


def _wait_ready(container: Container, registries: dict[str, str]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    for name, address in registries.items():
        while (problem := _problem(address)) is not None:
            if time.monotonic() > deadline:
                logs = container.logs(tail=20).decode(errors="replace")
                raise ServiceError(
                    f"the registry {name} did not answer within {_READY_SECONDS:.0f} s: "
                    f"{problem}\n{logs}"
                )
            time.sleep(_POLL_SECONDS)


def _problem(address: str) -> str | None:
    try:
        status = httpx.get(f"http://{address}/v2/", timeout=5).status_code
    except httpx.HTTPError as error:
        return str(error)
    answered = status in {httpx.codes.OK, httpx.codes.UNAUTHORIZED}
    return None if answered else f"status {status}"
