"""Small stacks against the double's Hetzner API: real engine, real provider, recorded machines."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.contract.hetzner_double import HetznerDouble, RunningDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Resources = list[dict[str, Any]]

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "program"
_COULD_NOT_TELL = 2
TOKEN = "localcloud" + "0" * 54


@dataclass
class Lab:
    """One stack of the small program."""

    folder: Path
    double: HetznerDouble
    environment: dict[str, str]
    acknowledge: list[str] = field(default_factory=list)
    protect: bool = False
    in_window: bool = False
    """Whether the maintenance window is open."""
    said: str = ""
    """All that the last command printed."""
    told: str = ""
    """What it printed on standard output."""

    def write(self, resources: Resources) -> None:
        """Write program and configuration."""
        (self.folder / "resources.json").write_text(json.dumps(resources))
        config = {
            "hcloud:endpoint": self.double.endpoint,
            "hcloud:pollInterval": "20ms",
            "hcloud:pollFunction": "constant",
            "nutri:acknowledge": self.acknowledge,
            "nutri:protect": self.protect,
            "nutri:maintenanceWindow": window(is_open=self.in_window),
        }
        file = self.folder / "Pulumi.lab.yaml"
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}
        file.write_text(yaml.safe_dump(kept | {"config": config}))

    def run(self, *words: str, stdin: str | None = None) -> int:
        """Run a command in the project's folder; returns its exit code."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.said, self.told = done.stdout + done.stderr, done.stdout
        return done.returncode

    def pulumi(self, *words: str, stdin: str | None = None) -> int:
        """Run `pulumi`; returns its exit code."""
        return self.run("pulumi", *words, "--non-interactive", "--stack", "lab", stdin=stdin)

    def up(self, resources: Resources) -> int:
        """Run `pulumi up` without its preview, so that only the update itself can refuse."""
        self.write(resources)
        return self.pulumi("up", "--yes", "--skip-preview")

    def preview(self, resources: Resources) -> int:
        """Run `pulumi preview`."""
        self.write(resources)
        return self.pulumi("preview")

    def plan(self, resources: Resources, *words: str) -> int:
        """Run `runbook plan`."""
        self.write(resources)
        return self.run(sys.executable, "-m", "runbook", "plan", "--stack", "lab", *words)

    def plan_rows(self, resources: Resources) -> dict[str, dict[str, Any]]:
        """Return the changes of a plan by the resource's name."""
        assert self.plan(resources, "--json") != _COULD_NOT_TELL, self.said
        return {row["resource"]: row for row in json.loads(self.told)["changes"]}

    def writes(self) -> list[str]:
        """Return what was changed through the API since it was last asked."""
        calls = self.double.turn("GET", "/calls")["calls"]
        self.double.turn("DELETE", "/calls")
        return [f"{one['method']} {one['path']}" for one in calls if one["method"] != "GET"]


@pytest.fixture(scope="module")
def double() -> Iterator[HetznerDouble]:
    """The API with machines that only remember."""
    with RunningDouble() as running:
        yield running


@pytest.fixture(scope="module")
def make_lab(
    double: HetznerDouble,
    cloud_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], Lab]:
    """Make an empty stack."""

    def make() -> Lab:
        folder = tmp_path_factory.mktemp("lab")
        shutil.copytree(PROGRAM, folder, dirs_exist_ok=True)
        state = folder / "state"
        state.mkdir()
        own = {
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "lab",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "HCLOUD_TOKEN": TOKEN,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
        }
        lab = Lab(folder, double, cloud_environment | own)
        assert lab.pulumi("stack", "init") == 0, lab.said
        return lab

    return make


def window(*, is_open: bool) -> dict[str, str]:
    """A maintenance window that is open now, and for hours to come, or days away."""
    start = datetime.now(UTC) + (timedelta(hours=-1) if is_open else timedelta(days=3))
    end = start + timedelta(hours=12)
    return {"day": f"{start:%A}".lower(), "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}


def keep(lab: Lab, server: str) -> None:
    """Take a snapshot of a server."""
    (found,) = [one for one in lab.double.get("/servers")["servers"] if one["name"] == server]
    path = f"/servers/{found['id']}/actions/create_image"
    lab.double.post(path, {"type": "snapshot"}).raise_for_status()


def resource(kind: str, name: str, /, **args: object) -> dict[str, Any]:
    """One entry of resources.json."""
    return {"type": kind, "name": name, "args": args}


def server(name: str, /, **args: object) -> dict[str, Any]:
    """A server with an address of its own, and changes to it."""
    usual = {
        "name": name,
        "server_type": "cx33",
        "image": "debian-12",
        "location": "fsn1",
        "user_data": "#cloud-config\n",
        "backups": True,
        "keep_disk": True,
        "delete_protection": False,
        "rebuild_protection": False,
    }
    return resource("Server", name, **(usual | args))
