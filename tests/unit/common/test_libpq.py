"""Addresses of databases as their tools take them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from agent import libpq

_PRISMA = (
    "pgbouncer=true&connection_limit=5&pool_timeout=10&schema=public&socket_timeout=3"
    "&statement_cache_size=0&sslaccept=strict&sslidentity=x&single_use_connections=true"
)
_ASYNCPG = "ssl=require&prepared_statement_cache_size=0&command_timeout=5&server_settings=x"


@pytest.mark.parametrize("query", [_PRISMA, _ASYNCPG, "application_name=a%20b&sslmode=require"])
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_only_what_libpq_knows_is_handed_to_it(scheme: str, query: str) -> None:
    """Libpq itself reads what is left; the app's own parameters stay with the app."""
    url = f"{scheme}://postgres.ref:p%40ss@h.test:6543/app?{query}"
    read = conninfo_to_dict(libpq.plain(url))
    assert (read["user"], read["password"], read["host"]) == ("postgres.ref", "p@ss", "h.test")
    assert set(read) <= {
        "user",
        "password",
        "host",
        "port",
        "dbname",
        "application_name",
        "sslmode",
    }
    assert libpq.environment(url)["PGPASSWORD"] == "p@ss"
    if "application_name" in query:
        assert (read["application_name"], read["sslmode"]) == ("a b", "require")
        assert libpq.environment(url)["PGAPPNAME"] == "a b"


def test_the_list_is_libpqs_own() -> None:
    """Every keyword of this machine's libpq is on it, but for those of its debugging."""
    known = {one.keyword.decode() for one in psycopg.pq.Conninfo.get_defaults()}
    assert known - set(libpq.KEYWORDS) <= {"replication", "service", "authtype", "tty"} | {
        one for one in known if one.startswith(("scram_", "oauth_", "min_protocol", "max_protocol",
                                                "sslkeylogfile", "servicefile"))
    }  # fmt: skip
    assert known & {"pgbouncer", "schema"} == set()


@pytest.mark.parametrize("url", ["", "mysql://h/x", "postgresql:///x", "h:5432"])
def test_what_is_no_address(url: str) -> None:
    """Of another database, or without a host."""
    assert not libpq.is_url(url)
