"""PostgreSQL by its own clients. A password is never on a command line."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import libpq
from agent.dumps.errors import DumpError
from agent.dumps.running import run, tail

PSQL = ("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-")
OWN_SCHEMA = "nutri_operations"
_BINARIES = Path("/usr/lib/postgresql")
_UNREACHABLE = (
    "Network is unreachable",
    "Cannot assign requested address",
    "could not translate host name",
)


@dataclass(frozen=True)
class Database:
    """One database, and how to log in to it."""

    url: str
    label: str = ""
    """What messages call it instead of its host and name."""

    @property
    def name(self) -> str:
        """The database's name."""
        return libpq.environment(self.url)["PGDATABASE"]

    @property
    def place(self) -> str:
        """Host and name, for messages: no password."""
        return self.label or f"{self.name} on {libpq.environment(self.url)['PGHOST']}"

    def environment(self) -> dict[str, str]:
        """Environment of libpq; what only an app's driver knows is left out."""
        if not libpq.is_url(self.url):
            raise DumpError("the database's address is no URL such as postgresql://user@host/name")
        given = {"PGCONNECT_TIMEOUT": "15", "PGAPPNAME": "nutri-dump", "PGSSLMODE": "prefer"}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return kept | given | libpq.environment(self.url)

    def sql(self, text: str, timeout: float = 120) -> str:
        """What statements answer, a line a row, columns apart by `|`."""
        try:
            return run(PSQL, self.environment(), stdin=text, timeout=timeout).strip()
        except DumpError as error:
            raise self.explained(error) from None

    def explained(self, error: DumpError) -> DumpError:
        """An error with what is behind it: an address that this machine has no way to."""
        host = libpq.environment(self.url)["PGHOST"]
        if any(words in str(error) for words in _UNREACHABLE) and _is_ipv6_only(host):
            return DumpError(
                f"{host} has an IPv6 address alone, and this server has no way to it: use the"
                f" session pooler's URL (port 5432) in nutri:databaseDirectUrl ({error})"
            )
        return error

    def json(self, query: str) -> Any:  # noqa: ANN401 - of any shape
        """The one JSON value a query answers."""
        return json.loads(self.sql(query) or "null")

    def major(self) -> int:
        """Major version of the server."""
        return int(self.sql("show server_version_num;")) // 10000

    def why_read_only(self) -> str | None:
        """Why nothing may be written; None where something may."""
        if self.sql("select pg_is_in_recovery();") == "t":
            return "it is a copy that follows another server"
        if self.sql("show transaction_read_only;") == "on":
            return (
                "it is read-only: its disk is full and the vendor made it so, or writes were"
                " stopped, which `runbook database doctor --allow-writes` ends"
            )
        return None


def _is_ipv6_only(host: str) -> bool:
    with suppress(OSError):
        return {one[0] for one in socket.getaddrinfo(host, None)} == {socket.AF_INET6}
    return False


def client(program: str, major: int) -> str:
    """A client program of the server's own version: an older pg_dump refuses, a newer may not fit.

    Raises:
        DumpError: none that fits is installed.
    """
    exact = _BINARIES / str(major) / "bin" / program
    if exact.exists():
        return str(exact)
    raise DumpError(
        f"{program} of PostgreSQL {major} is not installed here: "
        "`pulumi up --replace '**::install-dumps'` brings it"
    )


class Session:
    """One transaction that sees the database at one moment, and lets pg_dump see the same."""

    def __init__(self, database: Database) -> None:
        self._process = subprocess.Popen(
            PSQL,
            env=database.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            # A policy that hides rows is an error: a dump without them would be no dump.
            self.snapshot = self.ask(
                "begin isolation level repeatable read read only; set local row_security = off;"
                " set local search_path = '';"
                " select pg_export_snapshot();"
            )
        except DumpError as error:
            self.close()
            raise database.explained(error) from None

    def ask(self, text: str) -> str:
        """What statements answer within the transaction."""
        pipe = self._process
        assert pipe.stdin is not None  # noqa: S101 - opened above
        assert pipe.stdout is not None  # noqa: S101
        marker = "-- that was all --"
        try:
            pipe.stdin.write(f"{text}\n\\echo {marker}\n")
            pipe.stdin.flush()
        except OSError:
            raise DumpError(self._failure()) from None
        lines: list[str] = []
        for line in pipe.stdout:
            if line.rstrip("\n") == marker:
                return "\n".join(lines).strip()
            lines.append(line.rstrip("\n"))
        raise DumpError(self._failure())

    def json(self, query: str) -> Any:  # noqa: ANN401 - of any shape
        """The one JSON value a query answers."""
        return json.loads(self.ask(query) or "null")

    def close(self) -> None:
        """End the transaction."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            try:
                self._process.stdin.close()
            except OSError:
                self._process.kill()
        self._process.wait(30)

    def _failure(self) -> str:
        self._process.wait(30)
        said = self._process.stderr.read() if self._process.stderr else ""
        return f"the database refused: {tail(said)}"


def literal(text: str) -> str:
    """A text as SQL spells it."""
    quoted = "'" + text.replace("'", "''") + "'"
    return f" E{quoted}".replace("\\", "\\\\") if "\\" in text else quoted


def identifier(text: str) -> str:
    """A name as SQL spells it."""
    return '"' + text.replace('"', '""') + '"'


def quoted(text: str) -> str:
    """A text between dollars, with a mark that is not in it."""
    mark = f"$q{secrets.token_hex(4)}$"
    return f"{mark}{text}{mark}"
