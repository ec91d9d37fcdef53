"""The database as an outside observer knows it, and the budget of its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from clients.supabase import NoSuchProjectError, Supabase, SupabaseError, TokenRefusedError
from config import environment
from infra.app import connections

if TYPE_CHECKING:
    from pydantic import SecretStr

    from config.service import DatabaseForm
    from config.settings import Settings


def target(settings: Settings) -> dict[str, Any] | None:
    """Describe the database to an outside observer; see `common.target.DatabaseTarget`."""
    name, variable, form = _main_user(settings)
    url = environment.database_url(name, variable, settings) if form else ""
    token, direct = settings.supabase_token, settings.database_direct_url
    if not (url or direct or settings.supabase_project):
        return None
    return {
        "project": settings.supabase_project,
        "endpoint": settings.supabase_endpoint,
        "token": _secret(token) if token else None,
        "url": pulumi.Output.secret(url) if url else None,
        "direct_url": _secret(direct) if direct else None,
        "connection_limit": form.connections if form else 0,
        "service": name,
        "variable": variable,
    }


def _main_user(settings: Settings) -> tuple[str, str, DatabaseForm | None]:
    """The service that is looked at for how it reaches the pooler: one of Prisma's, if any is."""
    users = [
        (name, variable, form)
        for name, one in settings.services.items()
        for variable, form in one.database.items()
        if form.form != "direct"
    ]
    users.sort(key=lambda user: user[2].form != "prisma")
    return users[0] if users else ("", "", None)


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
    return connections.problems(settings.services, pooler) if settings.database_url else []


def _secret(value: SecretStr) -> pulumi.Output[str]:
    return pulumi.Output.secret(value.get_secret_value())
