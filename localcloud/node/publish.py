"""Puts images into the registries of an instance, each only once.

What was pushed is written down beside the registries' data with the content key, since a
registry can tell that it has a tag, not of which content.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from docker.errors import DockerException

from localcloud.node.errors import ImageError
from localcloud.node.images import DOCKER_REGISTRY, GHCR_REGISTRY, PUBLISHED
from localcloud.node.locks import exclusive
from localcloud.node.progress import Say, say, timed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from docker import DockerClient

    from localcloud.node.image_build import ImageBuilder
    from localcloud.node.images import Published

GHCR_USER = "nutri"
GHCR_PASSWORD = "localcloud-ghcr-password"  # noqa: S105 - the double's own, shown in its docs
_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json"
_SECONDS = 10


class Publisher:
    """Pushes the published rows of the image table to registries on this machine."""

    def __init__(
        self,
        client: DockerClient,
        builder: ImageBuilder,
        registries: Mapping[str, str],
        data: Path,
        tell: Say = say,
    ) -> None:
        """`registries`: name -> `127.0.0.1:<port>`; `data`: the folder of the registries' data."""
        self._client = client
        self._builder = builder
        self._registries = registries
        self._ledger = data / "published.json"
        self._tell = tell

    def ensure(self, rows: Iterable[Published] = PUBLISHED) -> None:
        """Build and push what the registries do not have yet; raises ImageError."""
        with exclusive(self._ledger.with_suffix(".lock"), "publishing images"):
            missing = [row for row in rows if not self._is_there(row)]
            self._builder.ensure(row.image for row in missing)
            for row in missing:
                self._push(row)

    def _is_there(self, row: Published) -> bool:
        if self._read_ledger().get(row.reference) != self._builder.key(row.image):
            return False
        registry, repository, tag = split_reference(row.reference)
        url = f"http://{self._registries[registry]}/v2/{repository}/manifests/{tag}"
        try:
            answer = httpx.head(
                url, headers={"Accept": _MANIFESTS}, auth=_login(registry), timeout=_SECONDS
            )
        except httpx.HTTPError as error:
            raise ImageError(f"the registry {registry} does not answer: {error}") from error
        return answer.status_code == httpx.codes.OK

    def _push(self, row: Published) -> None:
        local = self._builder.tag(row.image)
        registry, repository, tag = split_reference(row.reference)
        target = f"{self._registries[registry]}/{repository}"
        with timed(f"publishing {row.reference}", self._tell):
            self._client.images.get(local).tag(target, tag)
            try:
                self._send(target, tag, registry)
            finally:
                self._client.images.remove(f"{target}:{tag}", noprune=True)
        kept = {**self._read_ledger(), row.reference: self._builder.key(row.image)}
        self._ledger.write_text(json.dumps(kept, indent=1, sort_keys=True))

    def _send(self, target: str, tag: str, registry: str) -> None:
        login = _login(registry)
        options: dict[str, Any] = {"stream": True, "decode": True}
        if login:
            options["auth_config"] = {"username": login[0], "password": login[1]}
        try:
            for event in self._client.images.push(target, tag=tag, **options):
                if "error" in event:
                    raise ImageError(f"pushing {target}:{tag} failed: {event['error']}")
        except DockerException as error:
            raise ImageError(f"pushing {target}:{tag} failed: {error}") from error

    def _read_ledger(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._ledger.read_text()))
        except (OSError, ValueError):
            return {}


def split_reference(reference: str) -> tuple[str, str, str]:
    """`docker.localcloud.test/coollabsio/coolify:4` -> registry, repository, tag."""
    registry, _, rest = reference.partition("/")
    repository, colon, tag = rest.rpartition(":")
    if registry not in {DOCKER_REGISTRY, GHCR_REGISTRY} or not colon:
        raise ImageError(
            f"{reference!r} cannot be published: use <registry>/<repository>:<tag> with "
            f"{DOCKER_REGISTRY} or {GHCR_REGISTRY} as registry"
        )
    return registry, repository, tag


def _login(registry: str) -> tuple[str, str] | None:
    return (GHCR_USER, GHCR_PASSWORD) if registry == GHCR_REGISTRY else None
