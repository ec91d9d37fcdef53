"""The database: whose project it is, how the app reaches it, and Redis."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, SecretStr

from clients.supabase import ENDPOINT
from config.base import Frozen
from config.secret_url import SecretUrl, UrlError, parse

POOLED_PORT = 6543
DIRECT_PORT = 5432
_REF = re.compile(r"[a-z]{20}")
_TOKEN = re.compile(r"sbp_[0-9a-f]{40}")
SCHEMES = ("postgresql", "postgres")
REDIS_SCHEMES = ("rediss", "redis")
_SHOWN = "postgresql://USER:PASSWORD@HOST:6543/postgres"
_REDIS_SHOWN = "rediss://default:PASSWORD@HOST:6379"


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


def _parts(secret: SecretStr, port: int) -> SecretUrl:
    try:
        found = parse(secret.get_secret_value(), SCHEMES)
    except UrlError as error:
        raise ValueError(f"{error}; as in {_SHOWN}") from None
    if (found.port or DIRECT_PORT) != port:
        raise ValueError(f"has port {found.port or DIRECT_PORT} instead of {port}")
    return found


def _pooled(secret: SecretStr) -> SecretStr:
    try:
        found = _parts(secret, POOLED_PORT)
    except ValueError as error:
        raise ValueError(f"{error}; the app has to use the pooler, in transaction mode") from None
    if found.value("connection_limit") is not None:
        raise ValueError(
            "has a connection_limit; set `connections` of the variable's form in app.yaml instead"
        )
    return secret


def _direct(secret: SecretStr) -> SecretStr:
    _parts(secret, DIRECT_PORT)
    return secret


def _redis(secret: SecretStr) -> SecretStr:
    try:
        parse(secret.get_secret_value(), REDIS_SCHEMES)
    except UrlError as error:
        raise ValueError(f"{error}; as in {_REDIS_SHOWN}") from None
    return secret


class DatabaseSettings(Frozen):
    """All of it is optional: without, nothing of the database is looked after."""

    supabase_project: Annotated[str, AfterValidator(_ref)] = ""
    supabase_endpoint: Annotated[str, AfterValidator(_endpoint)] = ENDPOINT
    supabase_token: Annotated[SecretStr, AfterValidator(_token)] | None = None
    database_url: Annotated[SecretStr, AfterValidator(_pooled)] | None = None
    database_direct_url: Annotated[SecretStr, AfterValidator(_direct)] | None = None
    redis_url: Annotated[SecretStr, AfterValidator(_redis)] | None = None


SECRETS = frozenset({"supabase_token", "database_url", "database_direct_url", "redis_url"})


def problems(raw: dict[str, Any]) -> list[str]:
    """What is wrong between the settings, a line each."""
    if not raw.get("supabase_project") or raw.get("supabase_token"):
        return []
    why = "missing, supabaseProject needs a personal access token"
    remedy = "make one in Supabase's dashboard and run `pulumi config set --secret"
    return [f"nutri:supabaseToken: {why}; {remedy} nutri:supabaseToken`"]
