"""A real OpenSSH server on a loopback address, and a small web server behind it."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from common.target import SshTarget

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Keys:
    """Two host keys, of which the server has the first, and a login key."""

    folder: Path

    def public(self, name: str) -> str:
        """The public key without its comment."""
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])

    def private(self, name: str) -> SecretStr:
        """The private key."""
        return SecretStr((self.folder / name).read_text())


@pytest.fixture(scope="module")
def sshd_program() -> str:
    """The OpenSSH server, installed when it is missing and we may."""
    where = f"{os.environ['PATH']}:/usr/sbin"
    if not shutil.which("sshd", path=where) and os.geteuid() == 0:
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "openssh-server"]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(install, check=True, capture_output=True, env=environment)
    found = shutil.which("sshd", path=where)
    assert found, "install openssh-server"
    return found


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Fresh keys."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("host", "other_host", "login", "other_login"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    return Keys(folder)


@pytest.fixture(scope="module")
def sshd(sshd_program: str, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A running server; its port."""
    with running(sshd_program, keys, tmp_path_factory.mktemp("sshd")) as port:
        yield port


@contextlib.contextmanager
def running(sshd_program: str, keys: Keys, folder: Path, more: str = "") -> Iterator[int]:
    """A server, with more lines in its configuration; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    config = folder / "config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {keys.folder / 'host'}\n"
        f"AuthorizedKeysFile {keys.folder / 'login.pub'}\nStrictModes no\nUsePAM no\n"
        f"PasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n{more}"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([sshd_program, "-D", "-e", "-f", str(config)], stderr=log)
        try:
            _until_listening(port, process)
            yield port
        finally:
            process.kill()
            process.wait()


def _until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "sshd ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("sshd does not listen")


@pytest.fixture
def target(sshd: int, keys: Keys) -> SshTarget:
    """The server with the right key pinned."""
    return SshTarget(
        host="127.0.0.1",
        port=sshd,
        user=getpass.getuser(),
        host_key=keys.public("host"),
        private_key=keys.private("login"),
    )


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hello() -> Iterator[int]:
    """A small web server; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
