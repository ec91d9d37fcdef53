"""The database: whose project it is, how the app reaches it, and what it may use of it."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from common.supabase import ENDPOINT
from infra.frozen import Frozen

POOLED_PORT = 6543
DIRECT_PORT = 5432
_REF = re.compile(r"[a-z]{20}")
_TOKEN = re.compile(r"sbp_[0-9a-f]{40}")
_SHOWN = "postgresql://USER:PASSWORD@HOST:6543/postgres?pgbouncer=true"


def _ref(text: str) -> str:
    if text and not _REF.fullmatch(text):
        raise ValueError(f"{text!r} is no project's ref: 20 letters, as in the dashboard's address")
    return text


def _endpoint(text: str) -> str:
    if not re.fullmatch(r"https?://\S+", text):
        raise ValueError(f"{text!r} is not a URL")
    return text.rstrip("/")


# Messages about secrets never repeat them.
def _token(secret: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(secret.get_secret_value()):
        raise ValueError("is no personal access token: 'sbp_' and 40 hexadecimal digits")
    return secret


def _parts(secret: SecretStr, port: int) -> dict[str, list[str]]:
    try:
        parts = urlsplit(secret.get_secret_value())
        found = parts.port or DIRECT_PORT
    except ValueError:
        raise ValueError(f"is no URL; as in {_SHOWN}") from None
    if parts.scheme not in {"postgres", "postgresql"} or not (parts.hostname and parts.password):
        raise ValueError(f"is no PostgreSQL URL with user, password and host; as in {_SHOWN}")
    if found != port:
        raise ValueError(f"has port {found} instead of {port}")
    return parse_qs(parts.query)


def _pooled(secret: SecretStr) -> SecretStr:
    try:
        query = _parts(secret, POOLED_PORT)
    except ValueError as error:
        raise ValueError(f"{error}; the app has to use the pooler, in transaction mode") from None
    if query.get("pgbouncer") != ["true"]:
        raise ValueError("lacks `pgbouncer=true`, without which Prisma breaks behind the pooler")
    if "connection_limit" in query:
        raise ValueError("has a connection_limit; set nutri:databaseConnectionLimit instead")
    return secret


def _direct(secret: SecretStr) -> SecretStr:
    _parts(secret, DIRECT_PORT)
    return secret


class DatabaseSettings(Frozen):
    """All of it is optional: without, nothing of the database is looked after."""

    supabase_project: Annotated[str, AfterValidator(_ref)] = ""
    supabase_endpoint: Annotated[str, AfterValidator(_endpoint)] = ENDPOINT
    supabase_token: Annotated[SecretStr, AfterValidator(_token)] | None = None
    database_url: Annotated[SecretStr, AfterValidator(_pooled)] | None = None
    database_direct_url: Annotated[SecretStr, AfterValidator(_direct)] | None = None
    database_connection_limit: int = Field(default=5, ge=1, le=100)


SECRETS = frozenset({"supabase_token", "database_url", "database_direct_url"})


def problems(raw: dict[str, Any]) -> list[str]:
    """What is wrong between the settings, a line each."""
    if not raw.get("supabase_project") or raw.get("supabase_token"):
        return []
    why = "missing, supabaseProject needs a personal access token"
    remedy = "make one in Supabase's dashboard and run `pulumi config set --secret"
    return [f"nutri:supabaseToken: {why}; {remedy} nutri:supabaseToken`"]
