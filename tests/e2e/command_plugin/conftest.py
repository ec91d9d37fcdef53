"""A real SSH server of one's own, and stacks on the real engine.

The plugin runs in its original's ways here, so what these tests assert is what the original does
too. What ours does beyond that is in `test_kindness.py`.
"""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pulumi import automation as auto
from pulumi_command.remote import ConnectionArgs

from tools import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
SSHD = Path("/usr/sbin/sshd")
BIN_DIR = Path(sys.executable).parent
PASSWORD = "open sesame"
WAYS, ORIGINAL = "NUTRI_COMMAND_WAYS", "original"
CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
HostKey {folder}/rsa
AuthorizedKeysFile {folder}/user.pub {folder}/locked.pub
PasswordAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
AcceptEnv GREETING PULUMI_COMMAND_STDOUT
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Server:
    """An SSH server on this machine, with a folder for its keys."""

    folder: Path
    port: int

    def read(self, name: str) -> str:
        """The text of a file in the server's folder."""
        return (self.folder / name).read_text()

    @property
    def locked_key(self) -> dict[str, str]:
        """A private key that is let in, and the password it is encrypted with."""
        return {"private_key": self.read("locked"), "private_key_password": PASSWORD}

    @property
    def host_key(self) -> str:
        """The key that the server shows."""
        return self.read("host.pub")

    def connection(self, **changed: Any) -> ConnectionArgs:  # noqa: ANN401
        """How to get in: with the pinned host key, and no patience."""
        usual: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "private_key": self.read("user"),
            "host_key": self.host_key,
            "dial_error_limit": 0,
            "per_dial_timeout": 5,
        }
        return ConnectionArgs(**(usual | changed))


class Journal:
    """A file that commands add lines to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def note(self, line: str) -> str:
        """A command that adds the line; the shell fills in variables."""
        return f'echo "{line}" >> {self._path}'

    @property
    def lines(self) -> list[str]:
        """What was noted so far, oldest first."""
        return self._path.read_text().splitlines()


class Stack:
    """A stack whose program is given at each run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._selected: auto.Stack | None = None

    def up(self, program: Callable[[], None]) -> auto.UpResult:
        """Bring the stack to what the program says."""
        return self._with(program).up(on_event=self.events.append)

    def fail(self, program: Callable[[], None]) -> str:
        """Expect the run to fail; what it said."""
        with pytest.raises(auto.CommandError) as caught:
            self.up(program)
        return str(caught.value)

    def preview(self, program: Callable[[], None]) -> None:
        """Ask what a run would do."""
        self._with(program).preview()

    def destroy(self) -> None:
        """Take everything down."""
        assert self._selected is not None
        self._selected.destroy()

    @property
    def state(self) -> str:
        """The stack's state as it is on disk."""
        return next(self._folder.rglob("stacks/**/test.json")).read_text()

    def _with(self, program: Callable[[], None]) -> auto.Stack:
        self.events: list[auto.EngineEvent] = []
        if self._selected is None:
            settings = auto.ProjectSettings(
                name="commands",
                runtime="python",
                backend=auto.ProjectBackend(url=f"file://{self._folder}"),
            )
            own = {
                "PULUMI_BACKEND_URL": f"file://{self._folder}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "SSH_AUTH_SOCK": "",
            }
            options = auto.LocalWorkspaceOptions(project_settings=settings, env_vars=own)
            self._selected = auto.create_stack(
                "test", project_name="commands", program=program, opts=options
            )
        self._selected.workspace.program = program
        return self._selected


@pytest.fixture(scope="session", autouse=True)
def _engine() -> Iterator[None]:
    """The engine and its plugins, first on PATH."""
    engine.ensure(BIN_DIR)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine.environment(BIN_DIR).items():
            patch.setenv(name, value)
        patch.setenv(WAYS, ORIGINAL)
        patch.setenv("PYTHONPATH", str(ROOT))  # for resources of the program's own
        yield


@pytest.fixture
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin in its own ways."""
    monkeypatch.delenv(WAYS)


@pytest.fixture(scope="session")
def make_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Server]]:
    """Start SSH servers, each with keys of its own; all are gone at the end."""
    _install_sshd()
    with ExitStack() as running:
        yield lambda: running.enter_context(_running(_prepare(tmp_path_factory.mktemp("server"))))


@pytest.fixture(scope="session")
def server(make_server: Callable[[], Server]) -> Server:
    """A running SSH server."""
    return make_server()


@pytest.fixture
def late_server(tmp_path: Path) -> Iterator[Server]:
    """An SSH server that comes up two seconds after it was asked for."""
    _install_sshd()
    server = _prepare(tmp_path)
    with ExitStack() as running:
        timer = threading.Timer(2, lambda: running.enter_context(_running(server)))
        timer.start()
        yield server
        timer.join()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """An empty stack; its resources are files in folders that go with it, so nothing stays."""
    folder = tmp_path / "state"
    folder.mkdir()
    return Stack(folder)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A file that commands add lines to."""
    return Journal(tmp_path / "journal")


def _prepare(folder: Path) -> Server:
    server = Server(folder, _free_port())
    keys = {"host": ("ed25519", ""), "rsa": ("rsa", ""), "user": ("ed25519", "")}
    for name, (kind, password) in (keys | {"locked": ("ed25519", PASSWORD)}).items():
        line = ["ssh-keygen", "-q", "-t", kind, "-N", password, "-f", str(folder / name)]
        subprocess.run(line, check=True)
    (folder / "sshd_config").write_text(CONFIG.format(port=server.port, folder=folder))
    return server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    line = [str(SSHD), "-D", "-e", "-f", str(server.folder / "sshd_config")]
    with (server.folder / "log").open("w") as log:
        process = subprocess.Popen(line, stderr=log)
        try:
            _wait_for(server.port, process)
            yield server
        finally:
            process.terminate()
            process.wait(10)


def _install_sshd() -> None:
    if not SSHD.exists():
        if os.geteuid() != 0:
            pytest.fail("these tests need Debian's package openssh-server: install it as root")
        with _no_services():
            subprocess.run(["apt-get", "update", "-q"], check=True, timeout=300)
            line = ["apt-get", "install", "-qy", "--no-install-recommends", "openssh-server"]
            subprocess.run(line, check=True, timeout=300)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd locks itself in


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep a package from starting its service, by Debian's means for it."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"sshd does not listen on port {port}")
