"""The real engine and provider make, change and destroy networks, load balancers and volumes."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import HetznerDouble, RunningDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PROGRAM = Path(__file__).parent / "program"
FIRST = {"range": "10.0.0.0/16", "aliases": [], "type": "lb11", "port": 8080, "size": 10}


@dataclass
class Lab:
    """A stack of the small program, against an API whose machines only remember."""

    folder: Path
    double: HetznerDouble
    environment: dict[str, str]

    def configure(self, values: dict[str, Any]) -> None:
        """Write the stack's configuration."""
        file = self.folder / "Pulumi.lab.yaml"
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}
        provider = {
            "hcloud:endpoint": self.double.endpoint,
            "hcloud:token": DEMO_TOKEN,
            "hcloud:pollInterval": "20ms",
            "hcloud:pollFunction": "constant",
        }
        own = {f"nutri-networks:{name}": value for name, value in values.items()}
        file.write_text(yaml.safe_dump(kept | {"config": provider | own}))

    def pulumi(self, *words: str) -> str:
        """Run `pulumi`, which has to succeed; returns what it printed."""
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive", "--stack", "lab"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self, values: dict[str, Any]) -> dict[str, int]:
        """Run `pulumi up`; returns how many resources it created, updated and so on."""
        self.configure(values)
        self.pulumi("up", "--yes", "--skip-preview")
        history = json.loads(self.pulumi("stack", "history", "--json"))
        return dict(history[0]["resourceChanges"])


@pytest.fixture
def lab(cloud_environment: dict[str, str], tmp_path: Path) -> Iterator[Lab]:
    """A fresh stack; at the end every answer was as the vendor's document says."""
    folder = tmp_path / "program"
    shutil.copytree(PROGRAM, folder)
    (tmp_path / "state").mkdir()
    own = {
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "lab",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "HCLOUD_TOKEN": DEMO_TOKEN,
    }
    with RunningDouble() as double:
        made = Lab(folder, double, cloud_environment | own)
        made.pulumi("stack", "init")
        yield made
        assert double.check.violations == []


def test_life_of_everything(lab: Lab) -> None:
    """Made once, then nothing to do; changed in place; read back the same; gone at the end."""
    lab.up(FIRST)
    (front,) = lab.double.get("/load_balancers")["load_balancers"]
    assert front["private_net"][0]["ip"] == "10.0.1.9"
    assert front["services"][0]["health_check"]["http"]["path"] == "/health"
    (inside,) = lab.double.get("/servers?name=inside")["servers"]
    assert (inside["status"], inside["private_net"][0]["ip"]) == ("running", "10.0.1.7")

    assert set(lab.up(FIRST)) == {"same"}
    lab.pulumi("refresh", "--yes", "--expect-no-changes")

    changed = {"range": "10.0.0.0/16", "aliases": ["10.0.1.50"], "type": "lb21"}
    steps = lab.up(changed | {"port": 9090, "size": 20})
    assert {kind for kind in steps if kind != "same"} == {"update"}
    (front,) = lab.double.get("/load_balancers")["load_balancers"]
    assert (front["load_balancer_type"]["name"], front["services"][0]["destination_port"]) == (
        "lb21",
        9090,
    )
    assert lab.double.get("/volumes")["volumes"][0]["size"] == 20
    assert lab.double.machines.named("attach_network")[-1][1].aliases == ("10.0.1.50",)

    lab.pulumi("destroy", "--yes", "--skip-preview")
    for noun in ("servers", "networks", "load_balancers", "volumes"):
        assert lab.double.get(f"/{noun}")[noun] == []
