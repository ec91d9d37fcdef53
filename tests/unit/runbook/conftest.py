"""A stand-in for the `pulumi` program, and a target for it to print."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from runbook import cli, servers
from tests.unit.runbook.server import FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class FakePulumi:
    """What the program prints, and the arguments it was called with."""

    folder: Path

    def prints(self, stdout: str, stderr: str = "", code: int = 0) -> None:
        """Decide what the next calls print and how they end."""
        (self.folder / "stdout").write_text(stdout)
        (self.folder / "stderr").write_text(stderr)
        script = self.folder / "bin" / "pulumi"
        script.parent.mkdir(exist_ok=True)
        script.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {self.folder}/arguments\n'
            f'case "$*" in *"config get"*) exec cat {self.folder}/config;; esac\n'
            f"cat {self.folder}/stdout\ncat {self.folder}/stderr >&2\nexit {code}\n"
        )
        script.chmod(0o755)

    def stores(self, value: str) -> None:
        """Decide what `pulumi config get` finds; without this, nothing."""
        (self.folder / "config").write_text(value)

    def arguments(self) -> list[str]:
        """The arguments of the last call."""
        return (self.folder / "arguments").read_text().splitlines()


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """The stand-in, first on PATH, in a project's folder."""
    fake = FakePulumi(tmp_path)
    project = tmp_path / "project"
    (project / "docs").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: nutri\n")
    monkeypatch.chdir(project / "docs")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    return fake


@pytest.fixture
def outputs() -> dict[str, Any]:
    """A target as the stack prints it."""
    ssh = {
        "host": "127.0.0.1",
        "port": 1,
        "host_key": "ssh-ed25519 AAAA",
        "private_key": "ssh-secret",
    }
    return {
        "stack": "prod",
        "domain": "nutri.test",
        "servers": [
            {"name": "nutri-1", "id": 42, "server_type": "cx33", "ipv4": "127.0.0.1", "ssh": ssh}
        ],
        "coolify": {"version": "4.3.10", "token": "coolify-secret"},
        "hetzner": {"endpoint": "http://127.0.0.1:1/v1", "token": "hetzner-secret"},
        "services": [
            {
                "name": "nutri-backend",
                "url": "https://127.0.0.1:1",
                "image": "registry/backend",
                "tag": "good-1",
                "replicas": 2,
                "applications": ["app-a", "app-b"],
            }
        ],
        "expectations": {"open_ports": [], "ssh_networks": [], "shut_ports": []},
        "vantage": {},
    }


@pytest.fixture
def stack(pulumi: FakePulumi, outputs: dict[str, Any]) -> FakePulumi:
    """The stand-in with a stack that is up."""
    pulumi.prints(json.dumps(outputs))
    return pulumi


@pytest.fixture
def server(stack: FakePulumi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeServer:
    """The stack's server, empty; incidents go to a folder of the test's own."""
    assert stack
    made = FakeServer(tmp_path)
    monkeypatch.setattr(servers, "SshClient", made.client)
    monkeypatch.setenv("NUTRI_INCIDENTS", str(tmp_path / "incidents"))
    return made


@pytest.fixture
def run() -> Callable[..., int]:
    """Run the CLI; its exit code."""

    def main(*words: str) -> int:
        with pytest.raises(SystemExit) as caught:
            cli.main(words)
        return int(caught.value.code or 0)

    return main
