"""A database's address as libpq takes it: Prisma's and asyncpg's own parameters stay with the app.

Standard library only: the program that takes dumps carries this file to the server.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

# What libpq 15 to 17 know in a URL, and the environment variable that says the same.
KEYWORDS = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "require_auth": "PGREQUIREAUTH",
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "client_encoding": "PGCLIENTENCODING",
    "options": "PGOPTIONS",
    "application_name": "PGAPPNAME",
    "fallback_application_name": "",
    "keepalives": "",
    "keepalives_idle": "",
    "keepalives_interval": "",
    "keepalives_count": "",
    "tcp_user_timeout": "",
    "gssencmode": "PGGSSENCMODE",
    "gssdelegation": "PGGSSDELEGATION",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "requiressl": "PGREQUIRESSL",
    "sslcompression": "PGSSLCOMPRESSION",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslpassword": "",
    "sslcertmode": "PGSSLCERTMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "sslsni": "PGSSLSNI",
    "requirepeer": "PGREQUIREPEER",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "krbsrvname": "PGKRBSRVNAME",
    "gsslib": "PGGSSLIB",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
}
# An older libpq refuses a keyword it has not heard of; in the environment it overlooks it.
_OF_17 = frozenset({"gssdelegation", "sslnegotiation", "sslcertmode", "require_auth",
                    "load_balance_hosts"})  # fmt: skip
_SCHEMES = frozenset({"postgres", "postgresql"})


def scheme_of(url: str) -> str:
    """The scheme without a driver's name: `postgresql+asyncpg` is `postgresql`."""
    return urlsplit(url).scheme.partition("+")[0]


def is_url(url: str) -> bool:
    """Whether an address is one of PostgreSQL, with a host."""
    return scheme_of(url) in _SCHEMES and bool(urlsplit(url).hostname)


def plain(url: str) -> str:
    """The same address with nothing in it that libpq does not know."""
    parts = urlsplit(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query) if k in KEYWORDS and k not in _OF_17]
    return urlunsplit(parts._replace(scheme="postgresql", query=urlencode(kept, quote_via=quote)))


def environment(url: str) -> dict[str, str]:
    """The address as libpq's environment variables, where no process list shows them."""
    parts = urlsplit(url)
    found = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or "postgres"),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")) or "postgres",
    }
    for key, value in parse_qsl(parts.query):
        name = KEYWORDS.get(key)
        if name:
            found[name] = value
    return found
