"""The database's URL, as each of the two clients reads it."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

OF_PRISMA = {
    "connection_limit",
    "pool_timeout",
    "pgbouncer",
    "schema",
    "connect_timeout",
    "socket_timeout",
    "statement_cache_size",
}
OF_ASYNCPG = {
    "async_fallback",
    "command_timeout",
    "direct_tls",
    "max_cacheable_statement_size",
    "max_cached_statement_lifetime",
    "passfile",
    "prepared_statement_cache_size",
    "ssl",
    "statement_cache_size",
    "target_session_attrs",
    "timeout",
}
ASYNCPG = "postgresql+asyncpg"


class UrlError(ValueError):
    """The client does not take this URL; the text holds nothing of it that is secret."""


@dataclass(frozen=True)
class Access:
    """How a client reaches its database."""

    dsn: str
    """For libpq."""
    limit: int
    """Connections at most."""
    wait: float = 10.0
    """Seconds a request waits for one."""
    prepared: bool = True
    """Whether statements are prepared, and so bound to one connection."""


def prisma(url: str, cores: int) -> Access:
    """As Prisma: without `pgbouncer=true` it prepares its statements.

    Raises UrlError.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise UrlError("the URL must start with the protocol `postgresql://` or `postgres://`")
    given = dict(parse_qsl(parts.query))
    return Access(
        _dsn(parts, OF_PRISMA),
        int(given.get("connection_limit", str(cores * 2 + 1))),
        float(given.get("pool_timeout", "10")),
        given.get("pgbouncer") != "true",
    )


def asyncpg(url: str, limit: int) -> Access:
    """As SQLAlchemy with asyncpg: what it does not know it passes on, and that is refused.

    Raises UrlError.
    """
    parts = urlsplit(url)
    if parts.scheme != ASYNCPG:
        raise UrlError(
            "the asyncio extension requires an async driver to be used; the URL must start with "
            f"`{ASYNCPG}://`"
        )
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in sorted(given.keys() - OF_ASYNCPG):
        raise UrlError(f"connect() got an unexpected keyword argument '{name}'")
    prepared = given.get("prepared_statement_cache_size") != "0"
    return Access(_dsn(parts._replace(scheme="postgresql"), OF_ASYNCPG), limit, 30.0, prepared)


def _dsn(parts: object, left_out: set[str]) -> str:
    kept = [pair for pair in parse_qsl(parts.query) if pair[0] not in left_out]
    return urlunsplit(parts._replace(query=urlencode(kept)))
