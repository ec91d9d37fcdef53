"""docs/production.md, walked: each of its commands, in order, the double in the clouds' place.

The page is read, so that a changed page is a changed test. What a new operator has beside the page
is here: values in place of the page's, what they paste, and a world that is the double's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from localcloud.node.object_storage import KEY_ID, SECRET
from tests.e2e.conftest import ROOT, SECRET_VARIABLES, SECRETS, Cloud, local_cloud
from tests.e2e.walk.page import Command, commands
from tests.e2e.walk.shell import Done, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(2400)]

PAGE = ROOT / "docs" / "production.md"
_BOUND = 900.0
_BUCKET = "my-nutri-state"
"""As the page calls it."""
OTHERS = (("@", "MX", "10 mail.nutri.test."), ("www", "A", "192.0.2.7"), ("@", "TXT", '"v=spf1"'))
"""What the domain had before: it stays, whatever the stack does."""
VALUES = {
    "nutri.example": "nutri.test",
    "you@mail.example": "ops@localcloud.test",
    "203.0.113.7/32": "127.0.0.0/8",
    "OWNER": "nutri",
    "0123456": "good-1",
    "abcdefghijklmnopqrst": "localcloudnutriaaaaa",
    "ID KEY": f"{KEY_ID} {SECRET}",
}
"""The page's word, and the operator's."""
PASTED = SECRETS | SECRET_VARIABLES | {"nutri:notifyUrls": "json://127.0.0.1:9/"}
RED_FIRST = "pulumi up"
"""Ends red the first time, as the page says: the name servers are not known everywhere yet."""


def _world(cloud: Cloud) -> dict[str, Any]:
    """Where the clouds are: settings that a production leaves as they are."""
    local = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
    kept = ("hcloud:poll", "nutri:coolifyInstallerUrl", "nutri:dumpHostKey", "nutri:scratchImage")
    same = {key: value for key, value in local.items() if key.startswith(kept)}
    return same | {
        "hcloud:endpoint": cloud.endpoint,
        "hcloud:endpointHetzner": cloud.endpoint,
        "nutri:supabaseEndpoint": f"http://127.0.0.1:{cloud.port}/supabase",
        "nutri:caBundle": str(cloud.home / "ca.crt"),
        "nutri:nameservers": [f"127.0.0.1:{cloud.dns_port}"],
        "nutri:registryServer": "ghcr.localcloud.test",
        "nutri:liveLatencyMs": 3000,  # how fast this machine is says nothing about the page
        "nutri:settleSeconds": 15,
    }


def _repository(folder: Path, cloud: Cloud) -> Path:
    """The files of this checkout as a repository to clone, in the double's world."""
    made = folder / "repository"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists() and not name.startswith("tests/"):
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, made / name)
    _move(made, cloud)
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(["git", *words], cwd=made, env=_environment(folder), check=True)
    return made


def _move(repository: Path, cloud: Cloud) -> None:
    """Have the stack's file name the double's places."""
    file = repository / "Pulumi.prod.yaml"
    config = yaml.safe_load(file.read_text())["config"] | _world(cloud)
    for name, service in config["nutri:services"].items():
        service["image"] = f"ghcr.localcloud.test/nutri/{name.removeprefix('nutri-')}"
        service["health"] = {"startPeriod": 10}  # the double's app loads no models
    file.write_text(yaml.safe_dump({"config": config}))
    surroundings = repository / "Pulumi.prod.env"
    lines = surroundings.read_text().splitlines()
    state = f'PULUMI_BACKEND_URL="{_bucket(cloud)}"'.replace(_BUCKET, "BUCKET")
    moved = [state if line.startswith("PULUMI_BACKEND_URL") else line for line in lines]
    surroundings.write_text("\n".join(moved) + "\n")


def _bucket(cloud: Cloud) -> str:
    """Make the bucket of the state, as a human does in the console; where an engine finds it."""
    made = cloud.localcloud("bucket", _BUCKET)
    assert made.returncode == 0, made.stdout + made.stderr
    shown = dict(line.split(maxsplit=1) for line in made.stdout.splitlines())
    return shown["PULUMI_BACKEND_URL"]


def _environment(folder: Path) -> dict[str, str]:
    """A new operator's: a home of their own, with nothing in it; only what is built is kept."""
    cache = os.environ.get("NUTRI_CACHE") or str(Path.home() / ".cache" / "nutri")
    passed = {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    who = {f"GIT_{one}_{part}": "ann@nutri.test" for one in ("AUTHOR", "COMMITTER")
           for part in ("NAME", "EMAIL")}  # fmt: skip
    path = ":".join(one for one in os.environ["PATH"].split(":") if ".venv" not in one)
    own = {"HOME": str(folder), "NUTRI_CACHE": cache, "PATH": path}
    return passed | who | own | {"PULUMI_SKIP_CONFIRMATIONS": "true"}


@pytest.fixture(scope="module")
def cloud(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """An account in which only the domain's zone is, with the records of its website and mail."""
    with local_cloud(cloud_environment, tmp_path_factory.mktemp("walk-cloud")) as made:
        made.api("/zones", "POST", {"name": "nutri.test", "mode": "primary"})
        for name, kind, value in OTHERS:
            body = {"name": name, "type": kind, "records": [{"value": value}]}
            made.api("/zones/nutri.test/rrsets", "POST", body)
        made.knob("PATCH", "/knobs", {"delegated": False})
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder, which is home too."""
    made = tmp_path_factory.mktemp("walk")
    (made / "server.env").write_text("JWT_SECRET=of-the-old-server\nLOG_LEVEL=info\n")
    return made


class Walk:
    """The page so far."""

    def __init__(self, shell: Shell, values: dict[str, str], transcript: Path) -> None:
        self._shell = shell
        self._values = values
        self._transcript = transcript
        self.seconds = 0.0
        self.said: list[tuple[Command, Done]] = []

    def step(self, command: Command) -> Done:
        """Run a command of the page, and note it."""
        pasted = PASTED[command.pasted] + "\n" if command.pasted else ""
        done = self._shell.run(command.filled(self._values), pasted, _BOUND)
        self.seconds += done.seconds
        self.said.append((command, done))
        with self._transcript.open("a") as file:
            file.write(f"{self.seconds:6.0f} s  line {command.line}: $ {command.text}\n")
            file.write("".join(f"    {line}\n" for line in done.said.splitlines()))
            file.write(f"    -> {done.code} after {done.seconds:.1f} s\n")
        return done

    def of(self, start: str) -> list[Done]:
        """What commands that begin so said, in order."""
        return [done for command, done in self.said if command.bare.startswith(start)]


@pytest.fixture(scope="module")
def walk(cloud: Cloud, folder: Path) -> Iterator[Walk]:
    """A new operator's shell, in the empty folder."""
    notes = folder / "notes"
    notes.mkdir()
    trusted = {"AWS_CA_BUNDLE": str(cloud.home / "ca.crt")}
    shell = Shell(folder, notes, _environment(folder) | trusted)
    values = VALUES | {"REPOSITORY": str(_repository(folder, cloud))}
    transcript = Path(os.environ.get("NUTRI_WALK_TRANSCRIPT") or folder / "transcript.txt")
    transcript.write_text("")
    yield Walk(shell, values, transcript)
    shell.end()


def test_every_command_of_the_page_does_what_it_says(walk: Walk, cloud: Cloud) -> None:
    """From an empty folder to a verified platform; only the first `up` is red, and says why."""
    for command in commands(PAGE.read_text()):
        done = walk.step(command)
        if command.bare == RED_FIRST and len(walk.of(RED_FIRST)) == 1:
            assert done.code != 0
            assert "the certificate of api.nutri.test waits until its name leads to" in done.said
        elif command.bare == "runbook status" and len(walk.of("runbook status")) == 1:
            assert done.code == 2, done.said
            assert "api.nutri.test does not lead to" in done.said
            cloud.knob("PATCH", "/knobs", {"delegated": True})
        elif command.bare == "runbook recovery-kit check":
            assert "0 red" in done.said  # the double's registry is asked from its servers alone
        elif command.bare == "runbook status":
            assert "no dumps" not in done.said
            assert "no recovery kit" not in done.said
            assert "nobody is told" not in done.said
            assert "differ from the program" not in done.said
        elif command.bare == "runbook plan":
            assert done.code in {0, 3}, done.said
        else:
            assert done.code == 0, f"line {command.line}: {command.text}\n{done.said}"
    assert len(walk.of(RED_FIRST)) == 2


def test_the_preview_told_of_the_zone(walk: Walk) -> None:
    """With what it holds, before anything is made."""
    (plan,) = walk.of("runbook plan")
    assert "the DNS zone nutri.test was in Hetzner's project before this stack" in plan.said
    assert all(f"{name} {kind}" in plan.said for name, kind, _ in OTHERS)
