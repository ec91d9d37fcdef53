"""A folder of a run's own: the project's program, a stack, its config, state and passphrase."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from acceptance.sweep import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
RUNS = ".local/acceptance"
_FILES = ("Pulumi.yaml", "app.yaml", "__main__.py", ".venv")
_RECORD = "run.json"


@dataclass(frozen=True)
class Workspace:
    """Where a run keeps what is its own."""

    folder: Path

    @property
    def run(self) -> str:
        """The run's name: that of its stack, and the value of its label."""
        return self.folder.name

    @classmethod
    def make(cls, project: Path = ROOT) -> Workspace:
        """Make an empty one below the current folder, for its owner alone."""
        made = cls(Path.cwd() / RUNS / f"{PREFIX}{secrets.token_hex(3)}")
        made.folder.mkdir(parents=True, mode=0o700)
        (made.folder / "state").mkdir()
        for part in _parts(project):
            (made.folder / part).symlink_to(project / part)
        (made.folder / "passphrase").touch(mode=0o600)
        (made.folder / "passphrase").write_text(secrets.token_urlsafe(32))
        return made

    def environment(self, without: set[str]) -> dict[str, str]:
        """Return what commands find the stack with; the named secrets are in its config."""
        ours = {
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "PULUMI_STACK": self.run,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PYTHONPATH": str(self.folder),
            "PATH": f"{self.folder / '.venv/bin'}:{os.environ['PATH']}",
        }
        kept = {key: value for key, value in os.environ.items() if key not in without}
        kept.pop("PULUMI_CONFIG_PASSPHRASE", None)  # the engine would prefer it to the file
        return {**kept, **ours}

    @property
    def config_file(self) -> Path:
        """The stack's config."""
        return self.folder / f"Pulumi.{self.run}.yaml"

    def configure(self, values: Mapping[str, Any]) -> None:
        """Write settings that are no secrets; the rest of the file stays."""
        written = yaml.safe_load(self.config_file.read_text()) if self.config_file.exists() else {}
        config = {**(written or {}).get("config", {}), **values}
        self.config_file.write_text(yaml.safe_dump({**(written or {}), "config": config}))

    def note(self, **facts: object) -> None:
        """Keep facts of the run where a later clean finds them."""
        (self.folder / _RECORD).write_text(json.dumps({**self.noted(), **facts}, indent=2))

    def noted(self) -> dict[str, Any]:
        """Return those facts."""
        try:
            return dict(json.loads((self.folder / _RECORD).read_text()))
        except (OSError, ValueError):
            return {}

    def end(self) -> None:
        """Throw away what holds secrets; logs, recording and report stay."""
        for name in ("state", "passphrase", self.config_file.name, *_parts()):
            place = self.folder / name
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)


def _parts(project: Path = ROOT) -> list[str]:
    """Return what the program and the CLI consist of: every package, and a few files."""
    packages = (one.parent.name for one in project.glob("*/__init__.py"))
    return [*_FILES, *sorted(packages)]


def runs() -> dict[str, Workspace]:
    """Return the runs that were begun in the current folder, by name."""
    found = (Path.cwd() / RUNS).glob(f"{PREFIX}*")
    return {one.name: Workspace(one) for one in sorted(found) if one.is_dir()}
