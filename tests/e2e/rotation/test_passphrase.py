"""The passphrase of config and state, changed with the real engine; it needs no platform."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
OLD, NEW = "the old passphrase", "the new passphrase"
_PROGRAM = {"name": "nutri", "runtime": "yaml", "resources": {}}
# The engine's own mark of a secret in a state.
_SIGNATURE, _IS_SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
_SECRET = "v3ry-s3cret"


@dataclass(frozen=True)
class Place:
    """A project with one stack, whose passphrase is in a file."""

    folder: Path

    @property
    def file(self) -> Path:
        """Of the passphrase."""
        return self.folder / "prod.passphrase"

    @property
    def config(self) -> Path:
        """Of the stack."""
        return self.folder / "Pulumi.prod.yaml"

    @property
    def state(self) -> Path:
        """Of the stack."""
        return self.folder / "state/.pulumi/stacks/nutri/prod.json"

    def pulumi(
        self, *words: str, passphrase: str | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the engine with the file's passphrase, or another."""
        own = {"PULUMI_CONFIG_PASSPHRASE": passphrase} if passphrase else {}
        return self._run("pulumi", *words, stdin=stdin, own=own)

    def rotate(self, new: str = NEW) -> subprocess.CompletedProcess[str]:
        """Run the verb; the new one comes by a pipe."""
        words = ("rotate", "passphrase", "--given", "--yes", "--stack", "prod")
        return self._run(sys.executable, "-m", "runbook", *words, stdin=f"{new}\n")

    def note(self, config: str) -> None:
        """Leave what a run that was cut off has noted."""
        for name, text in (("new", f"{NEW}\n"), ("new.config", config)):
            file = self.folder / f"prod.passphrase.{name}"
            file.touch(0o600)
            file.write_text(text)

    def _run(
        self, *words: str, stdin: str, own: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k != "PULUMI_CONFIG_PASSPHRASE"}
        return subprocess.run(
            words,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=kept
            | {
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PULUMI_BACKEND_URL": f"file://{self.folder}/state?metadata=skip",
                "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.file),
                "PULUMI_SKIP_UPDATE_CHECK": "1",
                "PYTHONPATH": str(ROOT),
            }
            | (own or {}),
        )

    def opens(self, passphrase: str) -> tuple[bool, bool]:
        """Whether a passphrase opens the config, and the state."""
        done = self.pulumi("config", "--show-secrets", "--stack", "prod", passphrase=passphrase)
        shown = ("stack", "output", "--show-secrets", "--json", "--stack", "prod")
        state = self.pulumi(*shown, passphrase=passphrase)
        return done.returncode == 0, _SECRET in state.stdout


def _state(place: Place) -> dict[str, Any]:
    """With an output of the stack that is a secret; the engine encrypts what it imports."""
    state: dict[str, Any] = json.loads(place.pulumi("stack", "export").stdout)
    salt = yaml.safe_load(place.config.read_text())["encryptionsalt"]
    envelope = {_SIGNATURE: _IS_SECRET, "plaintext": json.dumps(_SECRET)}
    kind = "pulumi:pulumi:Stack"
    state["deployment"] |= {
        "secrets_providers": {"type": "passphrase", "state": {"salt": salt}},
        "resources": [
            {
                "urn": f"urn:pulumi:prod::nutri::{kind}::nutri-prod",
                "custom": False,
                "type": kind,
                "outputs": {"shown": envelope},
            }
        ],
    }
    return state


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """With a secret in the config, and one in the state."""
    made = Place(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(_PROGRAM))
    made.file.write_text(f"{OLD}\n")
    assert not made.pulumi("stack", "init", "prod", "--secrets-provider=passphrase").returncode
    done = made.pulumi("config", "set", "--secret", "nutri:redisUrl", stdin=_SECRET)
    assert not done.returncode, done.stderr
    done = made.pulumi("stack", "import", "--stack", "prod", stdin=json.dumps(_state(made)))
    assert not done.returncode, done.stderr
    return made


def _is_changed(place: Place) -> None:
    assert place.opens(NEW) == (True, True)
    assert place.opens(OLD) == (False, False)
    assert place.file.read_text().strip() == NEW
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600
    assert sorted(one.name for one in place.folder.glob("prod.passphrase*")) == [place.file.name]
    shown = place.pulumi("config", "get", "nutri:redisUrl", "--stack", "prod")
    assert shown.stdout.strip() == _SECRET


def test_the_new_one_opens_both_and_the_old_one_neither(place: Place) -> None:
    """It stands in no output."""
    done = place.rotate()
    assert done.returncode == 0, done.stdout + done.stderr
    assert NEW not in done.stdout + done.stderr
    assert OLD not in done.stdout + done.stderr
    _is_changed(place)


@pytest.mark.long
def test_cut_off_between_config_and_state_it_goes_on(place: Place) -> None:
    """Neither opens both then; the same command brings it to its end, with the value it had."""
    before, text = place.state.read_bytes(), place.config.read_text()
    place.rotate()
    place.note(text)
    place.file.write_text(f"{OLD}\n")
    place.state.write_bytes(before)
    assert place.opens(OLD) != (True, True)
    assert place.opens(NEW) != (True, True)
    place.rotate("another one that is not asked for")
    _is_changed(place)


@pytest.mark.long
def test_cut_off_before_the_engine_began_it_goes_on(place: Place) -> None:
    """As if nothing had been."""
    place.note(place.config.read_text())
    place.rotate("another one that is not asked for")
    _is_changed(place)


@pytest.mark.long
@pytest.mark.parametrize("new", ["short", "local", OLD])
def test_what_will_not_do_changes_nothing(place: Place, new: str) -> None:
    """Too short, the public one, or the same."""
    done = place.rotate(new)
    assert done.returncode == 2, done.stderr
    assert place.opens(OLD) == (True, True)
    assert not (place.folder / "prod.passphrase.new").exists()


@pytest.mark.long
def test_a_passphrase_of_a_variable_is_changed_where_it_is_kept(place: Place) -> None:
    """There is no file to put the new one into."""
    words = ("rotate", "passphrase", "--yes", "--stack", "prod")
    own = {"PULUMI_CONFIG_PASSPHRASE": OLD}
    done = place._run(sys.executable, "-m", "runbook", *words, stdin="", own=own)
    assert done.returncode == 2
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" in done.stderr
