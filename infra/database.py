"""The database as the app gets it, and the budget of its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pulumi

from common.supabase import NoSuchProjectError, Supabase, SupabaseError, TokenRefusedError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from common.supabase import Pooler
    from infra.settings import Settings

# While a replica is replaced, the new container and the old one are both connected.
_ROLLING = 1
_SERVICE = "nutri-backend"


def environment(settings: Settings) -> dict[str, pulumi.Input[str]]:
    """Return the variables Prisma reads; none without a database."""
    direct = settings.database_direct_url
    return {
        **({"DATABASE_URL": pulumi.Output.secret(url)} if (url := _limited(settings)) else {}),
        **({"DIRECT_URL": _secret(direct)} if direct else {}),
    }


def target(settings: Settings) -> dict[str, Any] | None:
    """Describe the database to an outside observer; see `common.target.DatabaseTarget`."""
    url, token, direct = (
        _limited(settings),
        settings.supabase_token,
        settings.database_direct_url,
    )
    if not (url or direct or settings.supabase_project):
        return None
    return {
        "project": settings.supabase_project,
        "endpoint": settings.supabase_endpoint,
        "token": _secret(token) if token else None,
        "url": pulumi.Output.secret(url) if url else None,
        "direct_url": _secret(direct) if direct else None,
        "connection_limit": settings.database_connection_limit,
        "service": _SERVICE,
    }


def problems(settings: Settings) -> list[str]:
    """Return what the project itself says against the settings, a line each.

    An API that does not answer is no mistake in them: then the budget is told to be unknown.
    """
    token = settings.supabase_token
    if not settings.supabase_project or token is None:
        return []
    supabase = Supabase(
        settings.supabase_endpoint, token.get_secret_value(), settings.supabase_project
    )
    try:
        pooler = supabase.pooler()
    except TokenRefusedError as error:
        return [f"nutri:supabaseToken: {error}"]
    except NoSuchProjectError as error:
        return [f"nutri:supabaseProject: {error}"]
    except SupabaseError as error:
        pulumi.log.warn(f"the budget of database connections could not be told: {error}")
        return []
    if not settings.database_url:
        return []
    return over_budget(settings.backend_replicas, settings.database_connection_limit, pooler)


def over_budget(replicas: int, limit: int, pooler: Pooler) -> list[str]:
    """Return why the backend's connections do not fit the pooler: a line, or none.

    In transaction mode a client takes one of the pool's connections for as long as a transaction
    runs; so all of them at work at once fit only when there are no more than the pool has. And the
    pooler refuses clients beyond its limit, which also has to hold while replicas are replaced.
    """
    wanted = f"{replicas} backendReplicas x {limit} databaseConnectionLimit"
    size, clients, most = pooler.pool_size, pooler.max_clients, (replicas + _ROLLING) * limit
    if size is not None and replicas * limit > size:
        why = (
            f"{wanted} = {replicas * limit} connections, and the pooler has {size} to the database"
        )
        remedy = _remedy(replicas, limit, size)
    elif clients is not None and most > clients:
        why = (
            f"{wanted}, with one replica more during a roll-out, = {most} clients, "
            f"and the pooler takes {clients}"
        )
        remedy = _remedy(replicas + _ROLLING, limit, clients)
    else:
        return []
    return [f"nutri:databaseConnectionLimit: {why}; {remedy}"]


def _remedy(replicas: int, limit: int, size: int) -> str:
    ways = [
        *([f"a limit of at most {size // replicas}"] if size >= replicas else []),
        *([f"at most {size // limit} replicas"] if size >= limit else []),
        f"or a pool of at least {replicas * limit} in Supabase's dashboard (Database, Settings)",
    ]
    return ", ".join(ways) + " would fit"


def _limited(settings: Settings) -> str:
    """Return the app's URL with the bound on its connections; empty without one."""
    if settings.database_url is None:
        return ""
    parts = urlsplit(settings.database_url.get_secret_value())
    query = f"{parts.query}&connection_limit={settings.database_connection_limit}"
    if "application_name=" not in query:
        query += f"&application_name={_SERVICE}"  # so that one sees who holds a connection
    return urlunsplit(parts._replace(query=query))


def _secret(value: SecretStr) -> pulumi.Output[str]:
    return pulumi.Output.secret(value.get_secret_value())
