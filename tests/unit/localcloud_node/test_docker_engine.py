"""The engine: used, installed and started, or a clear word on what is missing."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import Any

import docker
import pytest
from docker.errors import DockerException

from localcloud.node import docker_engine, packages
from localcloud.node.errors import EngineMissingError, NodeError


@dataclass
class Machine:
    """A machine whose programs only note that they were called."""

    programs: set[str] = field(default_factory=set)
    root: bool = True
    answers_after: str | None = None
    """The program whose call makes the engine answer."""
    called: list[list[str]] = field(default_factory=list)
    apt_code: int = 0

    def connect(self, **_: object) -> Machine:
        """`docker.from_env`: the client is the machine itself."""
        done = [program for command in self.called for program in command[:2]]
        if self.answers_after is None or self.answers_after not in done:
            raise DockerException("Error while fetching: FileNotFoundError No such file")
        return self

    def ping(self) -> bool:
        """The engine answers."""
        return True

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        """A program that ends at once."""
        self.called.append(command)
        if command[0] == "apt-get" and "install" in command and not self.apt_code:
            self.programs.add("dockerd")
        return subprocess.CompletedProcess(command, self.apt_code, "", "E: no such package")

    def popen(self, command: list[str], **_: object) -> None:
        """A program that stays."""
        self.called.append(command)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Machine:  # noqa: ANN401 - a path
    """A Debian without Docker, seen by root."""
    made = Machine({"apt-get", "service"})
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(docker, "from_env", made.connect)
    monkeypatch.setattr(subprocess, "run", made.run)
    monkeypatch.setattr(subprocess, "Popen", made.popen)
    monkeypatch.setattr("shutil.which", lambda name: name if name in made.programs else None)
    monkeypatch.setattr(os, "geteuid", lambda: 0 if made.root else 1000)
    monkeypatch.setattr(docker_engine, "_daemon_runs", lambda: False)
    monkeypatch.setattr(docker_engine, "_LOG", tmp_path / "dockerd.log")
    monkeypatch.setattr(docker_engine, "_START_SECONDS", 0.2)
    monkeypatch.setattr(docker_engine, "_POLL_SECONDS", 0.01)
    return made


def test_a_running_engine_is_used_as_it_is(machine: Machine) -> None:
    """Nothing is installed or started when one answers."""
    machine.called = [["dockerd"]]
    machine.answers_after = "dockerd"
    docker_engine.ensure(lambda _line: None)
    assert machine.called == [["dockerd"]]


def test_root_on_debian_gets_one_installed_and_started(machine: Machine) -> None:
    """The package is installed, the service started, and both are told."""
    machine.answers_after = "service"
    told: list[str] = []
    docker_engine.ensure(told.append)
    assert [command[:4] for command in machine.called] == [
        ["apt-get", "--quiet", "update"],
        ["apt-get", "--quiet", "install", "--yes"],
        ["service", "docker", "start"],
    ]
    assert any("installing docker.io" in line for line in told)
    assert any("starting the Docker engine" in line for line in told)


def test_where_the_service_does_not_start_the_daemon_is(machine: Machine) -> None:
    """A machine without a working init gets the daemon in the background."""
    machine.programs.add("dockerd")
    machine.answers_after = "dockerd"
    docker_engine.ensure(lambda _line: None)
    assert machine.called == [["service", "docker", "start"], ["dockerd"]]


def test_a_daemon_that_does_not_answer_is_bounded_and_names_its_log(machine: Machine) -> None:
    """The wait ends, and says where to look."""
    machine.programs.add("dockerd")
    with pytest.raises(EngineMissingError, match=r"did not answer within 0 s.*dockerd\.log"):
        docker_engine.ensure(lambda _line: None)


def test_a_user_is_told_what_to_do(machine: Machine) -> None:
    """Without root nothing is tried; the text names the package, the service and the group."""
    machine.root = False
    with pytest.raises(EngineMissingError) as caught:
        docker_engine.ensure()
    for hint in ("apt-get install docker.io", "service docker start", "group `docker`"):
        assert hint in str(caught.value)
    assert machine.called == []


def test_another_system_is_told_what_to_do(machine: Machine) -> None:
    """Root without apt-get gets the same text instead of a failing command."""
    machine.programs.discard("apt-get")
    with pytest.raises(EngineMissingError, match="Install Docker"):
        docker_engine.ensure()
    assert machine.called == []


def test_an_engine_named_elsewhere_is_never_replaced(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With DOCKER_HOST set, one that does not answer is an error, not a reason to install."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(EngineMissingError):
        docker_engine.ensure()
    assert machine.called == []


def test_a_failed_installation_tells_what_apt_said(machine: Machine) -> None:
    """The last lines of apt-get are in the error."""
    machine.apt_code = 100
    with pytest.raises(EngineMissingError, match="E: no such package"):
        docker_engine.ensure(lambda _line: None)


def test_no_permission_is_told_apart(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user outside the group gets to read that, not only that nothing answers."""

    def denied(**_: object) -> None:
        raise DockerException("PermissionError(13, 'Permission denied')")

    machine.root = False
    monkeypatch.setattr(docker, "from_env", denied)
    with pytest.raises(EngineMissingError, match="permission denied on its socket"):
        docker_engine.ensure()


def test_a_package_is_not_installed_by_a_user(machine: Machine) -> None:
    """The error names the package, what it is for, and the command."""
    machine.root = False
    with pytest.raises(NodeError, match=r"mmdebstrap is needed to make an image.*apt-get install"):
        packages.install_package("mmdebstrap", "to make an image", lambda _line: None)
