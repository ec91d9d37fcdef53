"""PostgreSQL by its own clients. A password is never on a command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from infra.dumper.errors import DumpError
from infra.dumper.running import run, tail

PSQL = ("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-")
OWN_SCHEMA = "nutri_operations"
# What Supabase makes in every project, and keeps: a new project has its own.
MANAGED = (
    "_analytics",
    "_realtime",
    "_supavisor",
    "auth",
    "cron",
    "extensions",
    "graphql",
    "graphql_public",
    "net",
    "pgbouncer",
    "pgsodium",
    "pgsodium_masks",
    "realtime",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "vault",
)
_DEFAULT_PORT = 5432
_BINARIES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Database:
    """One database, and how to log in to it."""

    url: str

    @property
    def name(self) -> str:
        """The database's name."""
        return unquote(urlsplit(self.url).path.lstrip("/")) or "postgres"

    @property
    def place(self) -> str:
        """Host and name, for messages: no password."""
        return f"{self.name} on {urlsplit(self.url).hostname}"

    def environment(self) -> dict[str, str]:
        """Environment of libpq; settings only Prisma knows are left out."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"postgres", "postgresql"} or not parts.hostname:
            raise DumpError("the database's address is no URL such as postgresql://user@host/name")
        query = parse_qs(parts.query)
        values = {
            "PGHOST": parts.hostname,
            "PGPORT": str(parts.port or _DEFAULT_PORT),
            "PGUSER": unquote(parts.username or "postgres"),
            "PGPASSWORD": unquote(parts.password or ""),
            "PGDATABASE": self.name,
            "PGCONNECT_TIMEOUT": "15",
            "PGAPPNAME": "nutri-dump",
            "PGSSLMODE": query.get("sslmode", ["prefer"])[0],
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return kept | values

    def sql(self, text: str, timeout: float = 120) -> str:
        """What statements answer, a line a row, columns apart by `|`."""
        return run(PSQL, self.environment(), stdin=text, timeout=timeout).strip()

    def json(self, query: str) -> Any:  # noqa: ANN401 - of any shape
        """The one JSON value a query answers."""
        return json.loads(self.sql(query) or "null")

    def major(self) -> int:
        """Major version of the server."""
        return int(self.sql("show server_version_num;")) // 10000


def client(program: str, major: int) -> str:
    """A client program of the server's own version: an older pg_dump refuses, a newer may not fit.

    Raises:
        DumpError: none that fits is installed.
    """
    exact = _BINARIES / str(major) / "bin" / program
    if exact.exists():
        return str(exact)
    raise DumpError(
        f"{program} of PostgreSQL {major} is not installed here: run `pulumi up`, which brings it"
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
            self.snapshot = self.ask(
                "begin isolation level repeatable read read only; select pg_export_snapshot();"
            )
        except DumpError:
            self.close()
            raise

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
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    """A name as SQL spells it."""
    return '"' + text.replace('"', '""') + '"'


def is_plain(text: str) -> bool:
    """Whether a name needs no quotes anywhere."""
    return re.fullmatch(r"[a-z_][a-z0-9_]*", text) is not None
