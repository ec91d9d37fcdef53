"""A throw-away PostgreSQL in a container of the server."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from agent.dumps.errors import DumpError
from agent.dumps.postgres import Database
from agent.dumps.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "nutri-scratch"
_READY_SECONDS = 90.0


@contextmanager
def scratch(image: str, major: int) -> Iterator[Database]:
    """A database of its own for a dump of a server's major version, gone at the end.

    `image` may have that version in it: `postgres:{major}`.

    Raises:
        DumpError: it could not be made, or is of an older version.
    """
    image = image.replace("{major}", str(major))
    _remove()
    try:
        database = Database(_start(image), f"the scratch database ({image}, not production)")
        _wait(database)
        there = database.major()
        if there < major:
            raise DumpError(
                f"nutri:scratchImage is {image} with PostgreSQL {there}, and the dump is of"
                f" PostgreSQL {major}: set it to postgres:{major}, or take it out"
            )
        yield database
    finally:
        _remove()


def _start(image: str) -> str:
    password = secrets.token_urlsafe(24)
    environment = {**os.environ, "POSTGRES_PASSWORD": password}
    command = ["docker", "run", "--detach", "--name", NAME, "--env", "POSTGRES_PASSWORD"]
    command += ["--label", "nutri=scratch", "--publish", "127.0.0.1::5432", image]
    try:
        run(command, environment, timeout=600)
    except DumpError as error:
        raise DumpError(f"no scratch database ({image}, nutri:scratchImage): {error}") from None
    port = run(["docker", "port", NAME, "5432/tcp"], os.environ).split()[0].rsplit(":", 1)[1]
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres?sslmode=disable"


def _wait(database: Database) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            database.sql("select 1;", timeout=20)
        except DumpError as error:
            if time.monotonic() > deadline:
                raise DumpError(
                    f"the scratch database did not answer within {_READY_SECONDS:g} s: {error}"
                ) from None
            time.sleep(0.3)
        else:
            return


def _remove() -> None:
    with suppress(DumpError):
        run(["docker", "rm", "--force", "--volumes", NAME], os.environ)
