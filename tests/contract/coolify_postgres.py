"""A PostgreSQL of its own for the tests: this machine's binaries, else the double's image."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import psycopg

from localcloud.node.images import builder
from localcloud.settings import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 30.0
_FLAGS = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@contextmanager
def postgres() -> Iterator[str]:
    """A running server; yields a connection string without a database's name."""
    found = _binaries()
    with _local(found) if found else _container() as url:
        _wait(url)
        yield url


def _binaries() -> Path | None:
    """The newest server binaries of this machine, wherever Debian or PATH has them."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    return debian[-1].parent if debian else Path(on_path).parent if on_path else None


@contextmanager
def _local(binaries: Path) -> Iterator[str]:
    # Not below pytest's own folder: that is closed to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="nutri-postgres-") as name:
        yield from _served(binaries, Path(name))


def _served(binaries: Path, folder: Path) -> Iterator[str]:
    data, user, port = folder / "data", _user(folder), _free_port()
    new = ["-D", str(data), "-A", "trust", "-U", "coolify", "--no-sync"]
    initdb = [str(binaries / "initdb"), *new]
    subprocess.run(initdb, check=True, capture_output=True, user=user)
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options, *_FLAGS]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, user=user)
    try:
        yield f"host=127.0.0.1 port={port} user=coolify"
    finally:
        process.terminate()
        process.wait(_SECONDS)


@contextmanager
def _container() -> Iterator[str]:
    client = docker.from_env(timeout=600)
    tag = builder(client, Instance.from_env()).ensure(["coolify-db"])["coolify-db"]
    environment = {"POSTGRES_USER": "coolify", "POSTGRES_PASSWORD": "test"}
    container = client.containers.run(
        tag, detach=True, environment=environment, ports={"5432/tcp": ("127.0.0.1", 0)}
    )
    try:
        container.reload()
        port = container.attrs["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"]
        yield f"host=127.0.0.1 port={port} user=coolify password=test"
    finally:
        container.remove(force=True, v=True)


def _user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: hand the folder to its own user there."""
    if os.geteuid() != 0:
        return None
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return "postgres"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(f"{url} dbname=postgres connect_timeout=2").close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL did not start: {error}") from error
            time.sleep(0.1)
        else:
            return
