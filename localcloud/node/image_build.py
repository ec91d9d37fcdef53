"""Builds images under tags that name their content, so what is there is never built twice."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docker.errors import BuildError, DockerException, ImageNotFound

from localcloud.node import base_image
from localcloud.node.errors import ImageError
from localcloud.node.image_keys import ContextFile, content_key, context_tar, read_context
from localcloud.node.locks import exclusive
from localcloud.node.progress import Say, say, timed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from docker import DockerClient

REPOSITORY = "localcloud"
_TOLD_LINES = 15
_AT_ONCE = 3
"""Builds mostly wait for downloads."""


@dataclass(frozen=True)
class Image:
    """One row of the image table."""

    name: str
    context: str
    """Folder of the Dockerfile, relative to the package `localcloud`."""
    parent: str = base_image.NAME
    """Name of the image its `ARG BASE` stands for."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Build arguments; part of the key."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """More files for the context: path in it -> path relative to the package `localcloud`."""


class ImageBuilder:
    """Knows the tag of every image of a table and builds those the engine does not have."""

    def __init__(
        self,
        client: DockerClient,
        table: Sequence[Image],
        root: Path,
        cache: Path,
        tell: Say = say,
    ) -> None:
        """`root` is the folder contexts are relative to; `cache` holds the lock and scratch."""
        self._client = client
        self._table = {image.name: image for image in table}
        self._root = root
        self._cache = cache
        self._tell = tell

    def key(self, name: str) -> str:
        """The content key of an image; raises ImageError for a name not in the table."""
        if name == base_image.NAME:
            return base_image.key(self._root)
        image = self._row(name)
        return content_key(self._files(image), self.key(image.parent), image.arguments)

    def tag(self, name: str) -> str:
        """The full local tag of an image, whether it is there or not."""
        return f"{REPOSITORY}/{name}:{self.key(name)}"

    def present(self, name: str) -> bool:
        """Whether the engine has the image with this very content."""
        return has_image(self._client, self.tag(name))

    def ensure(self, names: Iterable[str]) -> dict[str, str]:
        """Build what is missing of these images and their parents; returns their tags.

        Raises:
            ImageError: a build failed; the text ends with the build's last lines.
        """
        wanted = tuple(names)
        if not all(self.present(name) for name in wanted):
            with exclusive(self._cache / "images.lock", "building images"):
                for parent in self._parents(wanted):
                    self._ensure_one(parent)
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    tuple(pool.map(self._ensure_one, wanted))
        return {name: self.tag(name) for name in wanted}

    def _parents(self, names: Sequence[str]) -> list[str]:
        """What the images stand on, each after its own parent."""
        found: list[str] = []
        for name in names:
            if name != base_image.NAME:
                parent = self._row(name).parent
                found += [*self._parents([parent]), parent]
        return list(dict.fromkeys(found))

    def _ensure_one(self, name: str) -> None:
        if self.present(name):
            return
        if name == base_image.NAME:
            source = base_image.ensure_debian(self._client, self._cache, self._tell)
            self._build(name, base_image.files(self._root), {"BASE": source})
            return
        image = self._row(name)
        self._build(name, self._files(image), {**image.arguments, "BASE": self.tag(image.parent)})

    def _build(self, name: str, files: Sequence[ContextFile], arguments: dict[str, str]) -> None:
        # The engine sets the tag after the last step, so a build cut short leaves none.
        with timed(f"image {name}", self._tell):
            build(self._client, files, self.tag(name), arguments)

    def _row(self, name: str) -> Image:
        if name not in self._table:
            raise ImageError(f"no image {name!r} in the table; known: {', '.join(self._table)}")
        return self._table[name]

    def _files(self, image: Image) -> tuple[ContextFile, ...]:
        folder = self._root / image.context
        if not (folder / "Dockerfile").is_file():
            raise ImageError(f"image {image.name}: {folder} holds no Dockerfile")
        return read_context(folder) + tuple(_extra_files(self._root, image.extra))


def has_image(client: DockerClient, tag: str) -> bool:
    """Whether the engine has an image under this tag."""
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def build(
    client: DockerClient, files: Iterable[ContextFile], tag: str, arguments: dict[str, str]
) -> None:
    """Run one build; raises ImageError with its last lines."""
    try:
        client.images.build(
            fileobj=context_tar(files),
            custom_context=True,
            tag=tag,
            buildargs=arguments,
            rm=True,
            forcerm=True,
        )
    except BuildError as error:
        raise ImageError(f"building {tag} failed: {error.msg}\n{_last_lines(error)}") from error
    except DockerException as error:
        raise ImageError(f"building {tag} failed: {error}") from error


def _last_lines(error: BuildError) -> str:
    lines: deque[str] = deque(maxlen=_TOLD_LINES)
    entry: Any
    for entry in error.build_log:
        lines.extend(str(entry.get("stream", "")).splitlines())
    return "\n".join(f"  {line}" for line in lines if line.strip())


def _extra_files(root: Path, extra: Mapping[str, str]) -> Iterable[ContextFile]:
    for inside, outside in sorted(extra.items()):
        source = root / outside
        if source.is_dir():
            for file in read_context(source):
                yield ContextFile(f"{inside}/{file.path}", file.content, file.mode)
        else:
            yield ContextFile(inside, source.read_bytes())
