"""Acceptance against the double of Hetzner's API: whatever ends it, nothing that costs is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from acceptance import sweep
from common.waiting import wait_until
from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import CONTRACT

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble

ROOT = Path(__file__).parents[3]
_STAND_IN = str(Path(__file__).parent / "stand_in.py")
_DRIVER = (
    "import sys; from acceptance.__main__ import main; "
    f"names = {{one: (sys.executable, {_STAND_IN!r}, one) for one in ('pulumi', 'runbook')}}; "
    "sys.exit(main(sys.argv[1:], names))"
)
_MORE_STEPS = ("up", "check", "deploy", "scale", "dump", "restore", "drill")


class Scene:
    """A folder with an `acceptance.yaml`, and the double it is about."""

    def __init__(self, folder: Path, double: HetznerDouble) -> None:
        self.folder = folder
        self.double = double
        self.reached = folder / "reached"
        self.config: dict[str, Any] = {
            "hetzner": {"endpoint": double.endpoint, "boxes": double.endpoint},
            "domain": "acceptance.test",
            "location": "fsn1",
            "limit": {"euros": 1, "minutes": 30},
            "certificates": {"server": None, "root": None},
            "deploy": {"service": "nutri-backend", "tag": "good-2"},
            "scale": {"service": "nutri-backend", "replicas": 3},
            "resize": {"tier": "medium", "type": "cx43"},
            "config": {"nutri:dumps": True},
            "secrets": {"nutri:registryPassword": "REGISTRY_PASSWORD"},
        }

    def _words(self, *words: str, **environment: str) -> dict[str, Any]:
        (self.folder / "acceptance.yaml").write_text(yaml.safe_dump(self.config))
        own = {"HCLOUD_TOKEN": DEMO_TOKEN, "REGISTRY_PASSWORD": "registry-secret"}
        own |= {"PYTHONPATH": str(ROOT), "STAND_IN_REACHED": str(self.reached)}
        return {
            "args": [sys.executable, "-c", _DRIVER, *words],
            "cwd": self.folder,
            "env": os.environ | own | environment,
            "text": True,
        }

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        command = self._words(*words, **environment)
        return subprocess.run(**command, capture_output=True, check=False, timeout=100)

    def killed(self, step: str, number: int, **environment: str) -> int:
        """Begin it, and send it a signal when it is in a step; returns its exit code."""
        command = self._words("run", "--yes", STAND_IN_HANG=step, **environment)
        with subprocess.Popen(**command, stdout=subprocess.DEVNULL) as child:
            wait_until(f"{step} to be reached", self.reached.exists, bound=60)
            child.send_signal(number)
            return child.wait(60)

    def left(self) -> list[str]:
        """What the project holds, noun by noun."""
        nouns = dict.fromkeys((*sweep.NOUNS, sweep.BOXES), "") | {"images": "?type=snapshot"}
        return [
            f"{noun} {one['id']}"
            for noun, query in nouns.items()
            for one in self.double.get(f"/{noun}{query}")[noun]
        ]


@pytest.fixture
def scene(tmp_path: Path, hetzner: HetznerDouble) -> Scene:
    """An empty project, and a config for it."""
    return Scene(tmp_path, hetzner)


def test_the_nouns_are_all_that_a_project_can_hold() -> None:
    """Whatever of the vendor's document carries labels and can be made or kept is looked for."""
    paths = json.loads(CONTRACT.read_text())["paths"]
    labelled = {
        path[1:]
        for path, ways in paths.items()
        if path.count("/") == 1
        and any(one.get("name") == "label_selector" for one in ways["get"].get("parameters", []))
    }
    assert set(sweep.NOUNS) == labelled


def test_the_whole_story_leaves_a_recording_and_nothing_else(scene: Scene) -> None:
    """It says what it costs first, tells each step, and ends with nothing in the project."""
    done = scene.run("run", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    said = [
        lines.index(next(one for one in lines if word in one))
        for word in ("EUR an hour in all", "  up ...", "  drill:", "swept:")
    ]
    assert said == sorted(said)
    assert scene.left() == []
    (recording,) = scene.folder.glob(".local/acceptance/*/exchanges.jsonl")
    text = recording.read_text()
    assert "registry-secret" not in text
    assert DEMO_TOKEN not in text
    assert '"path": "/v1' not in text
    assert '"path": "/servers"' in text or '"path": "servers"' in text


def test_what_was_there_before_stays(scene: Scene) -> None:
    """Somebody else's things in the project are left alone, a protected one included."""
    scene.double.post("/volumes", {"name": "theirs", "size": 10, "location": "fsn1"})
    scene.double.post(
        "/networks", {"name": "n", "ip_range": "10.1.0.0/16", "labels": {"stack": "prod"}}
    )
    done = scene.run("run", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one.split()[0] for one in scene.left()] == ["volumes", "networks"]


@pytest.mark.parametrize(
    "step",
    [
        "up-half",
        "up",
        "check",
        "deploy",
        "scale",
        "snapshot",
        "dump",
        "restore",
        "drill",
        "destroy",
    ],
)
def test_killed_in_a_step_all_is_found_by_the_label(scene: Scene, step: str) -> None:
    """Kill -9 tidies nothing up: the way to the API is gone, and clean finds the rest."""
    scene.killed(step, signal.SIGKILL)
    assert scene.left()
    done = scene.run("clean", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is left" in done.stdout
    assert scene.left() == []


def test_ctrl_c_deletes_before_it_ends(scene: Scene) -> None:
    """Who interrupts it waits for what was made to be gone."""
    assert scene.killed("deploy", signal.SIGINT) == 130
    assert scene.left() == []


def test_a_step_that_fails_leaves_nothing(scene: Scene) -> None:
    """Red, with the command's own words; deleted and swept all the same."""
    done = scene.run("run", "--yes", STAND_IN_FAIL="scale")
    assert done.returncode == 1
    assert "`runbook scale nutri-backend 3 --yes` ended with 1:\nscale failed" in done.stderr
    assert scene.left() == []


def test_what_has_no_label_is_found_by_the_sweep(scene: Scene) -> None:
    """A thing left on purpose: it was not there before, so the sweep is red and names it."""
    done = scene.run("run", "--yes", STAND_IN_LEAVE="1")
    assert done.returncode == 1
    assert "left, and without the run's label: volume left (" in done.stderr
    assert [one.split()[0] for one in scene.left()] == ["volumes"]


def test_the_protected_are_deleted_too(scene: Scene) -> None:
    """A label is enough, whatever the API guards."""
    labels = {"labels": {"stack": "acceptance-0000aa"}}
    number = scene.double.server("guarded", **labels)["id"]
    guard = {"delete": True, "rebuild": True}
    scene.double.post(f"/servers/{number}/actions/change_protection", guard)
    assert scene.run("clean", "--yes").returncode == 0
    assert scene.left() == []


def test_clean_of_an_empty_project_is_done_at_once(scene: Scene) -> None:
    """After a run that has destroyed all itself there is nothing to wait for."""
    done = scene.run("clean", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "swept: 0 things deleted, nothing is left of any run" in done.stdout


def test_clean_of_one_run_leaves_another(scene: Scene) -> None:
    """Two people may try it at once."""
    for run in ("acceptance-0000aa", "acceptance-0000bb"):
        body = {"name": run, "ip_range": "10.1.0.0/16", "labels": {"stack": run}}
        scene.double.post("/networks", body)
    assert scene.run("clean", "--yes", "--run", "acceptance-0000aa").returncode == 0
    (left,) = scene.double.get("/networks")["networks"]
    assert left["name"] == "acceptance-0000bb"


def test_records_in_a_zone_of_somebody_elses_go_alone(scene: Scene) -> None:
    """The zone was there before; the run's names in it go, all others stay."""
    zone = scene.double.post("/zones", {"name": "theirs.test", "mode": "primary"}).json()["zone"]
    for name, labels in (("api", {"stack": "acceptance-0000aa"}), ("www", {})):
        body = {"name": name, "type": "A", "records": [{"value": "10.0.0.9"}], "labels": labels}
        scene.double.post(f"/zones/{zone['id']}/rrsets", body)
    assert scene.run("clean", "--yes").returncode == 0
    kept = {one["name"] for one in scene.double.get(f"/zones/{zone['id']}/rrsets")["rrsets"]}
    assert "www" in kept
    assert "api" not in kept


def test_beyond_the_limit_nothing_is_begun(scene: Scene) -> None:
    """The price sheet is held against the limit before anything is made."""
    scene.config["limit"] = {"euros": 0.01, "minutes": 600}
    done = scene.run("run", "--yes")
    assert done.returncode == 1
    assert "limit: 600 minutes cost up to" in done.stderr
    assert scene.left() == []
    assert list(scene.folder.glob(".local/acceptance/*/state")) == []


def test_without_yes_and_without_a_terminal_nothing_is_begun(scene: Scene) -> None:
    """Nobody agreed to pay."""
    done = scene.run("run")
    assert (done.returncode, scene.left()) == (1, [])
    assert "--yes" in done.stderr
