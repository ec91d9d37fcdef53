"""What in a database is the vendor's: known by schema, by owner, and by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
    "pgmq",
    "pgmq_public",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "storage",
    "supabase_functions",
    "vault",
)
SUPERUSER = "supabase_admin"
API_ROLES = frozenset({"anon", "authenticated", "service_role"})
_ROLES = API_ROLES | {"authenticator", "dashboard_user", "pgbouncer", "pgtle_admin"}
_PREFIXES = ("supabase_", "pgsodium_", "pg_")
PUBLICATION_PREFIX = "supabase_"
# Tables of the vendor's whose rows are the app's: who may log in, and where its files lie.
CARRIED = ("auth.users", "auth.identities", "auth.mfa_factors", "storage.buckets")


def is_role(name: str) -> bool:
    """Whether a role is one that every project of the vendor has."""
    return name in _ROLES or name.startswith(_PREFIXES)


def owned(column: str) -> str:
    """A condition of SQL: whether a role's oid is that of one of these."""
    name = f"pg_get_userbyid({column})"
    known = ", ".join(f"'{one}'" for one in sorted(_ROLES))
    alike = " or ".join(rf"{name} like '{one.replace('_', chr(92) + '_')}%'" for one in _PREFIXES)
    return f"{alike} or {name} in ({known})"


def managed_in(ask: Callable[[str], str]) -> list[str]:
    """The vendor's schemas: on a server that is none of theirs, such a name is the app's own."""
    there = ask(f"select count(*) from pg_roles where rolname = '{SUPERUSER}';")
    return list(MANAGED) if there == "1" else []
