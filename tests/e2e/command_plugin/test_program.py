"""A program in a file, run by the command line: engine, Python host and both plugins together."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]

PROJECT = """
name: program
runtime: python
"""

PROGRAM = '''
"""A dynamic resource, a command and a Hetzner server."""

import pulumi
import pulumi_command as command
import pulumi_hcloud as hcloud
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Echo(ResourceProvider):
    def create(self, props):
        return CreateResult("made", {**props, "echo": props["text"] * 2})


class Made(Resource):
    echo: pulumi.Output[str]

    def __init__(self, name, text):
        super().__init__(Echo(), name, {"text": text, "echo": None})


cloud = hcloud.Provider("cloud", token="x" * 64, endpoint="http://127.0.0.1:9/v1")
line = command.local.Command("line", create="echo ab")
pulumi.export("echo", Made("made", line.stdout).echo)
if pulumi.Config().get_bool("server"):
    hcloud.Server(
        "web",
        server_type="cx23",
        image="debian-12",
        networks=[hcloud.ServerNetworkArgs(network_id=1)],
        opts=pulumi.ResourceOptions(provider=cloud),
    )
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an empty stack."""
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "state").mkdir()
    pulumi(tmp_path, "stack", "init", "it")
    return tmp_path


def pulumi(project: Path, *words: str) -> str:
    """Run the command line in the project; all it says."""
    state = {"PULUMI_BACKEND_URL": f"file://{project}/state", "PULUMI_CONFIG_PASSPHRASE": "test"}
    done = subprocess.run(
        ["pulumi", *words],
        cwd=project,
        env=os.environ | state,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_run_says_nothing_it_need_not(project: Path) -> None:
    """The run works, dynamic resources included, without a warning about the plugins."""
    said = pulumi(project, "up", "--yes", "--skip-preview")
    assert "warning" not in said.lower()
    assert json.loads(pulumi(project, "stack", "output", "--json"))["echo"] == "abab"


def test_the_server_as_planned(project: Path) -> None:
    """A server gets a name of its own, and its network an empty list of alias addresses."""
    pulumi(project, "config", "set", "server", "true")
    plan: dict[str, Any] = json.loads(pulumi(project, "preview", "--json"))
    [server] = [
        step["newState"]["inputs"]
        for step in plan["steps"]
        if step["newState"]["type"] == "hcloud:index/server:Server"
    ]
    assert server["name"].startswith("web-")
    assert server["networks"][0]["aliasIps"] == []
