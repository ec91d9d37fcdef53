"""A platform that stays, what can be seen of it from beside, and a command that is under way.

Everything here goes past SSH and Coolify's API: those are what is cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from localcloud.supabase.constants import PASSWORD, PROJECT_REF
from tests.e2e.conftest import empty_stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.e2e.conftest import Stack

ROOT = Path(__file__).parents[3]
PULUMI_UP = ("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs")
_STEP_SECONDS = 0.1


@dataclass
class Run:
    """A command of an operator's, in a session of its own, and what it said."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """All it said so far."""
        return self.log.read_text(errors="replace")

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def children(self) -> dict[int, str]:
        """What it started, and what that started: the programs by their numbers."""
        found: dict[int, str] = {}
        parents = {self.process.pid}
        table = list(_processes())
        for _ in range(6):  # so deep the engine's processes are, at most
            new = [(pid, name) for pid, parent, name in table if parent in parents]
            found |= dict(new)
            parents |= {pid for pid, _ in new}
        return found

    def engine(self) -> int:
        """The engine's process."""
        if Path(f"/proc/{self.process.pid}/comm").read_text().strip() == "pulumi":
            return self.process.pid
        return next(pid for pid, name in self.children().items() if name == "pulumi")

    def plugins(self) -> list[int]:
        """The providers' processes: the bridged one, the command one, and ours in Python."""
        found = []
        for pid in self.children():
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
                if b"pulumi-resource-" in words or b"pulumi.dynamic" in words:
                    found.append(pid)
        return found

    def kill(self, pid: int) -> None:
        """End a process in the middle; it is no error that it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """Ctrl-C, as the terminal sends it: to the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, bound: float) -> int:
        """Wait for its end; whatever of it is left by then is ended."""
        try:
            return self.process.wait(bound)
        except subprocess.TimeoutExpired:
            for pid in (self.process.pid, *self.children()):
                self.kill(pid)
            self.process.wait()
            raise AssertionError(f"not over within {bound:g} s:\n{self.said()[-3000:]}") from None


@dataclass
class Scene:
    """The platform."""

    stack: Stack
    logs: Path
    _count: int = 0

    def renew(self) -> None:
        """Begin anew: a cloud with nothing in it, and an empty stack with the same settings."""
        reset = self.stack.cloud.localcloud("reset")
        assert reset.returncode == 0, reset.stdout + reset.stderr
        folder = Path(tempfile.mkdtemp(prefix="stack-", dir=self.stack.folder.parent))
        config = dict(self.stack.config)
        self.stack = empty_stack(self.stack.cloud, folder, self.stack.name)
        self.stack.config |= config
        self.stack.set_secret("nutri:resticPassword", "restic-password-of-the-double")

    def config(self) -> dict[str, Any]:
        """The stack's config, as its file has it."""
        return dict(yaml.safe_load(self.stack.config_file.read_text())["config"])

    def write(self, **values: object) -> None:
        """Put values of the program's into the config's file, as an editor would."""
        whole = yaml.safe_load(self.stack.config_file.read_text())
        whole["config"] |= {f"nutri:{key}": value for key, value in values.items()}
        self.stack.config_file.write_text(yaml.safe_dump(whole))

    def change(self, service: str, **values: object) -> None:
        """Change fields of a service."""
        services = self.config()["nutri:services"]
        services[service] = services[service] | values
        self.write(services=services)

    def start(self, words: Sequence[str]) -> Run:
        """Begin a command; `runbook ...` is this tree's."""
        log = self.logs / f"{self.next_number()}.log"
        if words[0] == "runbook":
            words = (sys.executable, "-m", *words)
        with log.open("wb") as sink:
            process = subprocess.Popen(
                # What runs in the background heeds no Ctrl-C, and neither do its children.
                ["env", "--default-signal=INT", *words, "--stack", self.stack.name],
                cwd=self.stack.folder,
                env=self.stack.environment | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Run(process, log)

    def run(self, *words: str, bound: float = 900) -> tuple[int, str]:
        """Run a command to its end: its code, and what it said."""
        one = self.start(words)
        return one.wait(bound), one.said()

    def next_number(self) -> int:
        """A number that was not given away yet."""
        self._count += 1
        return self._count

    @staticmethod
    def today() -> str:
        """The day of the week, as a window has it."""
        return f"{datetime.now(UTC):%A}".lower()

    @property
    def server(self) -> int:
        """The server's number in Hetzner's API."""
        (one,) = self.stack.cloud.knob("GET", "/status")["servers"]
        return int(one["id"])

    @property
    def prefix(self) -> str:
        """How the names of the double's own containers begin."""
        return self.stack.cloud.lane.instance(self.stack.cloud.home).prefix

    def inside(self, script: str) -> str:
        """Run a shell script on the server, without SSH; empty while that is off."""
        name = f"{self.prefix}-server-{self.server}"
        done = subprocess.run(
            ["docker", "exec", "-i", name, "sh", "-s"],
            input=script,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout

    def containers(self, service: str) -> list[dict[str, str]]:
        """All containers of a service, running or not: application, tag, state."""
        line = '{{.Label "coolify.name"}} {{.Image}} {{.Status}}'
        names = f"--filter label=coolify.applicationId --format '{line}'"
        image = self.config()["nutri:services"][service]["image"]
        rows = [row.split(" ", 2) for row in self.inside(f"docker ps --all {names}").splitlines()]
        return [
            {"application": uuid, "tag": name.rpartition(":")[2], "state": state}
            for uuid, name, state in rows
            if name.rpartition(":")[0] == image
        ]

    def sql(self, statement: str) -> str:
        """Ask the app's database, past its pooler."""
        name = f"{self.prefix}-database-{PROJECT_REF}"
        words = ["docker", "exec", "--env", f"PGPASSWORD={PASSWORD}", name]
        words += ["psql", "--host", "localhost", "--username", "postgres", "-qtAc", statement]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.strip()

    def locks(self) -> list[Path]:
        """Locks of the stack's state."""
        return sorted((self.stack.folder / "state/.pulumi/locks").rglob("*.json"))


def until(sign: Any, run: Run, bound: float) -> bool:  # noqa: ANN401 - a callable of ours
    """Wait for a sign while a command runs; whether it came before the command's end."""
    deadline = time.monotonic() + bound
    while not run.is_over and time.monotonic() < deadline:
        if sign():
            return True
        time.sleep(_STEP_SECONDS)
    return bool(sign())


def _processes() -> Iterator[tuple[int, int, str]]:
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            text = place.read_text()
            name = text[text.index("(") + 1 : text.rindex(")")]
            rest = text[text.rindex(")") + 2 :].split()
            yield int(place.parent.name), int(rest[1]), name


def exported(scene: Scene) -> dict[str, Any]:
    """The stack's output `target`."""
    code, said = scene.run("pulumi", "stack", "output", "target", "--json", "--show-secrets")
    assert code == 0, said
    return dict(json.loads(said))
