"""Images are pushed once, again when their content changed or the registry lost them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from localcloud.node.errors import ImageError
from localcloud.node.images import Published
from localcloud.node.publish import GHCR_PASSWORD, Publisher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROW = Published("app", "ghcr.localcloud.test/nutri/app:1")
MANIFEST = "http://127.0.0.1:5001/v2/nutri/app/manifests/1"


@dataclass
class Engine:
    """Client, builder, image and image collection in one; counts pushes."""

    content: str = "k1"
    error: str = ""
    pushed: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    logins: list[object] = field(default_factory=list)

    @property
    def images(self) -> Engine:
        """The image collection."""
        return self

    def key(self, name: str) -> str:
        """The builder's key."""
        return f"{name}-{self.content}"

    def tag(self, name: str, tag: str = "") -> str:
        """The builder's tag of a name; of an image: give it another tag."""
        if tag:
            self.tags.append(f"{name}:{tag}")
        return name

    def ensure(self, names: Iterable[str]) -> list[str]:
        """The builder builds."""
        return list(names)

    def get(self, _tag: str) -> Engine:
        """An image."""
        return self

    def remove(self, tag: str, **_: object) -> None:
        """Take a tag away."""
        self.tags.remove(tag)

    def push(self, target: str, *, tag: str, auth_config: object = None, **_: object) -> Any:  # noqa: ANN401
        """Push, or fail in the stream as the engine does."""
        self.logins.append(auth_config)
        if self.error:
            return iter([{"status": "Preparing"}, {"error": self.error}])
        self.pushed.append(f"{target}:{tag}")
        return iter([{"status": "Pushed"}])


@pytest.fixture
def registry() -> Iterator[respx.Router]:
    """A registry that has what it is asked for, unless told otherwise."""
    with respx.mock(assert_all_called=False) as router:
        router.head(MANIFEST).respond(200)
        yield router


def publish(engine: Engine, data: Path) -> None:
    """One run."""
    names = {"ghcr.localcloud.test": "127.0.0.1:5001"}
    publisher = Publisher(engine, engine, names, data, lambda _line: None)  # type: ignore[arg-type]
    publisher.ensure([ROW])


def test_an_image_is_pushed_once_with_the_login(registry: respx.Router, tmp_path: Path) -> None:
    """The second run finds it in the registry; the tag for pushing is taken away again."""
    engine = Engine()
    publish(engine, tmp_path)
    publish(engine, tmp_path)
    assert engine.pushed == ["127.0.0.1:5001/nutri/app:1"]
    assert engine.logins == [{"username": "nutri", "password": GHCR_PASSWORD}]
    assert engine.tags == []
    assert registry.calls.last.request.headers["authorization"].startswith("Basic ")


def test_changed_content_is_pushed_again(registry: respx.Router, tmp_path: Path) -> None:
    """A registry that has the tag may have an older image under it."""
    engine = Engine()
    publish(engine, tmp_path)
    engine.content = "k2"
    publish(engine, tmp_path)
    assert len(engine.pushed) == 2
    assert registry.calls.call_count == 0


def test_what_the_registry_lost_is_pushed_again(registry: respx.Router, tmp_path: Path) -> None:
    """The ledger alone is not believed."""
    engine = Engine()
    publish(engine, tmp_path)
    registry.head(MANIFEST).respond(404)
    publish(engine, tmp_path)
    assert len(engine.pushed) == 2


def test_a_failed_push_is_an_error_and_not_remembered(
    registry: respx.Router, tmp_path: Path
) -> None:
    """The engine reports failures inside a successful answer: they are read."""
    assert registry
    engine = Engine(error="denied: no space left")
    with pytest.raises(ImageError, match="denied: no space left"):
        publish(engine, tmp_path)
    assert engine.tags == []
    engine.error = ""
    publish(engine, tmp_path)
    assert len(engine.pushed) == 1


def test_a_silent_registry_is_named(registry: respx.Router, tmp_path: Path) -> None:
    """The error says which registry does not answer."""
    engine = Engine()
    publish(engine, tmp_path)
    registry.head(MANIFEST).mock(side_effect=httpx.ConnectError("gone"))
    with pytest.raises(ImageError, match=r"registry ghcr\.localcloud\.test does not answer"):
        publish(engine, tmp_path)
