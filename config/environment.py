"""The variables of a service: the operator's own, and those the stack makes of its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config import database, env_value
from config.secret_url import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr

    from config.service import DatabaseForm, ServiceSettings
    from config.settings import Settings

_SET = "run `pulumi config set --secret"


def variables(name: str, settings: Settings) -> dict[str, str]:
    """Return everything a service's containers get, secrets in clear: to be wrapped by the caller.

    A stack without database or Redis, where that is a mistake elsewhere, has those left out.
    """
    one = settings.services[name]
    secrets = settings.secrets.get(name, {})
    return {
        **one.variables,
        **dict.fromkeys(one.hops, str(hops(settings))),
        **{key: url for key, form in one.database.items() if (url := _url(form, name, settings))},
        **dict.fromkeys(one.redis if settings.redis_url else (), _plain(settings.redis_url)),
        **{key: value.get_secret_value() for key, value in secrets.items()},
    }


def hops(settings: Settings) -> int:
    """How many proxies stand between the world and a service: one, and a balancer before two."""
    return 1 if settings.servers == 1 else 2


def database_url(name: str, variable: str, settings: Settings) -> str:
    """Return the database's URL as a service has it in a variable; empty without one."""
    return _url(settings.services[name].database[variable], name, settings)


def _url(form: DatabaseForm, name: str, settings: Settings) -> str:
    secret = settings.database_direct_url if form.form == "direct" else settings.database_url
    if secret is None:
        return ""
    return _FORMS[form.form](_plain(secret), form, name)


def _prisma(url: str, form: DatabaseForm, name: str) -> str:
    """Through the pooler, with the bound on each client's connections."""
    found = parse(url, database.SCHEMES)
    query = dict(found.query) | {
        "pgbouncer": "true",
        "connection_limit": str(form.connections),
    }
    query.setdefault("application_name", name)  # so that one sees who holds a connection
    return str(found.having("postgresql", query.items()))


def _asyncpg(url: str, _form: DatabaseForm, _name: str) -> str:
    """As SQLAlchemy's asyncpg wants it: prepared statements outlive no transaction of a pooler."""
    found = parse(url, database.SCHEMES)
    ssl = found.value("sslmode")
    query = {"prepared_statement_cache_size": "0"} | ({"ssl": ssl} if ssl else {})
    return str(found.having("postgresql+asyncpg", query.items()))


def _direct(url: str, _form: DatabaseForm, _name: str) -> str:
    found = parse(url, database.SCHEMES)
    return str(found.having("postgresql", found.query))


_FORMS = {"prisma": _prisma, "asyncpg": _asyncpg, "direct": _direct}


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def problems(settings: Settings) -> list[str]:
    """Return what is wrong with the services' variables, one line a mistake."""
    found = [
        line
        for name, one in settings.services.items()
        for line in (*_twice(name, one, settings), *_unmade(name, one, settings))
    ]
    return found + [
        f"{_place(name, key, settings)}: {why}"
        for name in settings.services
        for key, value in variables(name, settings).items()
        if (why := env_value.problem(key, value))
    ]


def _sources(name: str, one: ServiceSettings, settings: Settings) -> dict[str, Any]:
    service = f"nutri:services.{name}"
    return {
        f"{service}.variables": one.variables,
        f"{service}.database": one.database,
        f"{service}.redis": one.redis,
        f"{service}.hops": one.hops,
        f"nutri:secrets.{name}": settings.secrets.get(name, {}),
    }


def _place(name: str, key: str, settings: Settings) -> str:
    sources = _sources(name, settings.services[name], settings)
    return next(f"{source}.{key}" for source, keys in reversed(sources.items()) if key in keys)


def _twice(name: str, one: ServiceSettings, settings: Settings) -> Iterator[str]:
    seen: dict[str, str] = {}
    for source, keys in _sources(name, one, settings).items():
        for key in keys:
            if key in seen:
                yield f"{source}.{key}: is in {seen[key]} too; take it out of one of them"
            seen.setdefault(key, source)


def _unmade(name: str, one: ServiceSettings, settings: Settings) -> Iterator[str]:
    """What a service wants, and the stack has nothing to make it of."""
    wants: Mapping[str, tuple[SecretStr | None, list[str]]] = {
        "databaseUrl": (
            settings.database_url,
            [key for key, form in one.database.items() if form.form != "direct"],
        ),
        "databaseDirectUrl": (
            settings.database_direct_url,
            [key for key, form in one.database.items() if form.form == "direct"],
        ),
        "redisUrl": (settings.redis_url, list(one.redis)),
    }
    for setting, (given, keys) in wants.items():
        if keys and given is None:
            yield (
                f"nutri:{setting}: missing, {', '.join(keys)} of {name} is made of it; "
                f"{_SET} nutri:{setting}`"
            )
