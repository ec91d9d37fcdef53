"""The database's settings, what the app gets of them, and the budget of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
import pulumi
import pytest
import respx

from clients.supabase import Pooler
from config import environment, settings
from config.service import ServiceSettings
from infra import stack_config
from infra.app import connections, database
from infra.guard import preflight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Configure = Callable[..., None]

_POOLED = "postgresql://postgres:open-sesame@pooler.test:6543/postgres?pgbouncer=true"
_DIRECT = "postgresql://postgres:open-sesame@pooler.test:5432/postgres"
_GOOD = {
    "nutri:supabaseProject": "nutrinutrinutrinutri",
    "nutri:supabaseEndpoint": "http://supabase.test",
    "nutri:supabaseToken": "sbp_" + "0" * 40,
    "nutri:databaseUrl": _POOLED,
    "nutri:databaseDirectUrl": _DIRECT,
}
_POOLER = "http://supabase.test/v1/projects/nutrinutrinutrinutri/config/database/pooler"


def _parsed(configure: Configure, changes: dict[str, Any]) -> settings.Settings:
    configure(_GOOD | changes)
    found, problems = settings.parse(stack_config.read())
    assert problems == []
    assert found
    return found


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("nutri:supabaseProject", "nutri", "20 letters"),
        ("nutri:supabaseEndpoint", "supabase", "is not a URL"),
        ("nutri:supabaseToken", "open-sesame", "sbp_"),
        ("nutri:supabaseToken", None, "missing, supabaseProject needs"),
        ("nutri:databaseUrl", _DIRECT, "has port 5432 instead of 6543"),
        (
            "nutri:databaseUrl",
            f"{_POOLED}&connection_limit=9",
            "`connections` of the variable's form",
        ),
        ("nutri:databaseUrl", "mysql://open-sesame", "is no URL that begins with postgresql://"),
        ("nutri:databaseUrl", _POOLED.replace("6543", "x"), "has to be escaped"),
        ("nutri:databaseDirectUrl", _POOLED, "has port 6543 instead of 5432"),
        ("nutri:redisUrl", "rediss://redis.test:6379", "has no user and password"),
    ],
)
def test_a_mistake_names_setting_and_remedy(
    configure: Configure, key: str, value: object, words: str
) -> None:
    """One broken setting gives exactly one line, which starts with its name and keeps secrets."""
    configure(_GOOD | {key: value})
    (problem,) = settings.parse(stack_config.read())[1]
    assert problem.startswith(f"{key}: ")
    assert words in problem
    assert "sesame" not in problem


def test_everything_of_it_is_optional(configure: Configure) -> None:
    """Where no service wants one there is no database, and no mistake."""
    configure()
    found, problems = settings.parse(stack_config.read())
    assert problems == []
    assert found
    assert "DATABASE_URL" not in environment.variables("nutri-backend", found)
    assert database.target(found) is None
    assert database.problems(found) == []


def test_what_a_service_wants_is_missed(configure: Configure) -> None:
    """A variable that is made of a setting which the stack has not."""
    forms = {"DATABASE_URL": {"form": "prisma"}, "DIRECT_URL": {"form": "direct"}}
    wanting = {"database": forms, "redis": ["REDIS_URL"]}
    configure({"nutri:services": {"nutri-backend": wanting}})
    _, problems = settings.parse(stack_config.read())
    assert [line.partition(":")[2].partition(":")[0] for line in problems] == [
        "databaseUrl",
        "databaseDirectUrl",
        "redisUrl",
    ]
    assert "DATABASE_URL of nutri-backend is made of it" in problems[0]


_FORMS = {
    "A": {"form": "prisma", "clients": 3, "connections": 4},
    "B": {"form": "asyncpg", "pool": 10, "overflow": 20, "workers": 2},
    "C": {"form": "direct"},
}


def _urls(configure: Configure, changes: dict[str, Any]) -> dict[str, str]:
    services = {"nutri:services": {"nutri-backend": {"database": _FORMS}}}
    found = _parsed(configure, services | changes)
    made = environment.variables("nutri-backend", found)
    return {key: made[key] for key in _FORMS}


def test_each_client_gets_its_spelling(configure: Configure) -> None:
    """Prisma its bound and the pooler's flag, asyncpg no prepared statements, direct as it is."""
    place = "postgres:open-sesame@pooler.test"
    assert _urls(configure, {}) == {
        "A": f"postgresql://{place}:6543/postgres?pgbouncer=true&connection_limit=4"
        "&application_name=nutri-backend",
        "B": f"postgresql+asyncpg://{place}:6543/postgres?prepared_statement_cache_size=0",
        "C": f"postgresql://{place}:5432/postgres",
    }


@pytest.mark.parametrize("char", [chr(code) for code in range(0x20, 0x7F)])
def test_any_printable_password_arrives_or_is_refused(configure: Configure, char: str) -> None:
    """Escaped each arrives as it is; bare it does so too, or is refused by name."""
    for written in (f"a%{ord(char):02X}b", f"a{char}b"):
        url = _POOLED.replace("open-sesame", written)
        configure(_GOOD | {"nutri:databaseUrl": url})
        found, problems = settings.parse(stack_config.read())
        if problems:
            assert written == f"a{char}b"
            (line,) = problems
            assert f"%{ord(char):02X}" in line
            continue
        assert found
        for form in ("prisma", "asyncpg"):
            services = {"nutri-backend": {"database": {"X": {"form": form}}}}
            made = _parsed(configure, {"nutri:databaseUrl": url, "nutri:services": services})
            arrived = urlsplit(environment.variables("nutri-backend", made)["X"])
            assert unquote(str(arrived.password)) == f"a{char}b"
            assert arrived.hostname == "pooler.test"


@pytest.mark.parametrize("char", "@%#/ '")
def test_what_has_to_be_escaped_is_refused_bare(configure: Configure, char: str) -> None:
    """These end a password, or do not get through Coolify."""
    for setting in ("nutri:databaseUrl", "nutri:databaseDirectUrl"):
        url = _GOOD[setting].replace("open-sesame", f"open{char}sesame")
        configure(_GOOD | {setting: url})
        (line,) = settings.parse(stack_config.read())[1]
        assert line.startswith(f"{setting}: ")
        assert f"write it as %{ord(char):02X}" in line
        assert "sesame" not in line


_WORKER = {"image": "x.test/y", "tag": "1", "port": 1}


def _services(replicas: int, connections_: int, **ml: object) -> dict[str, ServiceSettings]:
    backend = {"form": "prisma", "clients": 3, "connections": connections_}
    wanted = {
        "nutri-backend": _WORKER | {"replicas": replicas, "database": {"DATABASE_URL": backend}},
        "nutri-ml-service": _WORKER | {"database": {"DATABASE_URL": {"form": "asyncpg", **ml}}},
    }
    return {name: ServiceSettings.model_validate(one) for name, one in wanted.items()}


@pytest.mark.parametrize(
    ("services", "pooler", "words"),
    [
        (_services(2, 2, pool=3), Pooler(default_pool_size=15, max_client_conn=200), None),
        (_services(9, 9), Pooler(default_pool_size=None, max_client_conn=None), None),
        (
            _services(2, 5, pool=10, overflow=20, workers=2),
            Pooler(default_pool_size=48, max_client_conn=200),
            (
                "nutri:services.nutri-ml-service.database.DATABASE_URL: "
                "nutri-backend 2 replicas x 3 clients x 5 connections = 30, "
                "nutri-ml-service 1 replicas x 2 workers x (10 pool + 20 overflow) = 60: "
                "90 connections, and the pooler has 48 to the database; at most 18 connections in "
                "each of its replicas, or a pool of at least 90"
            ),
        ),
        (
            _services(4, 1, pool=2),
            Pooler(default_pool_size=30, max_client_conn=18),
            (
                "with one replica more of each during a roll-out 19 clients, and the pooler takes"
                " 18; at most 3 replicas of nutri-backend, at most 2 connections in each of its"
                " replicas"
            ),
        ),
    ],
)
def test_the_budget(services: dict[str, Any], pooler: Pooler, words: str | None) -> None:
    """What fits is let be; what does not is told with its numbers, and what would fit."""
    found = connections.problems(services, pooler)
    assert len(found) == (1 if words else 0)
    assert (words or "") in "".join(found)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine was told to warn of."""
    told: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", told.append)
    return told


@pytest.fixture
def api() -> Iterator[respx.Router]:
    """Both APIs, with nothing to sell."""
    with respx.mock(assert_all_called=False) as router:
        router.get(url__startswith="http://hetzner.test").mock(return_value=httpx.Response(401))
        yield router


def test_what_does_not_fit_is_refused_before_anything(
    configure: Configure, api: respx.Router
) -> None:
    """The preview ends with it, beside every other mistake."""
    pooler = {"default_pool_size": 9, "max_client_conn": 200}
    api.get(_POOLER).mock(return_value=httpx.Response(200, json=[pooler]))
    forms = {"database": {"DATABASE_URL": {"form": "prisma", "clients": 1, "connections": 5}}}
    configure(_GOOD | {"nutri:services": {"nutri-backend": forms}})
    with pytest.raises(pulumi.RunError, match="2 mistake") as refused:
        preflight.run("test")
    assert "= 10: 10 connections, and the pooler has 9" in str(refused.value)


@pytest.mark.parametrize(
    ("status", "setting"), [(401, "nutri:supabaseToken"), (404, "nutri:supabaseProject")]
)
def test_a_wrong_token_or_project_is_a_mistake(
    configure: Configure, api: respx.Router, status: int, setting: str
) -> None:
    """Each is a mistake of the setting that says it."""
    api.get(_POOLER).mock(return_value=httpx.Response(status, json={"message": "no"}))
    (problem,) = database.problems(_parsed(configure, {}))
    assert problem.startswith(f"{setting}: ")


@pytest.mark.parametrize("answer", [httpx.Response(429), httpx.Response(503), None])
def test_an_api_that_does_not_tell_holds_nothing_up(
    configure: Configure, api: respx.Router, warnings: list[str], answer: httpx.Response | None
) -> None:
    """A deploy goes on while Supabase's API is away; it warns that the budget is unknown."""
    route = api.get(_POOLER)
    if answer:
        route.mock(return_value=answer)
    else:
        route.mock(side_effect=httpx.ConnectError("refused"))
    assert database.problems(_parsed(configure, {})) == []
    assert "could not be told" in warnings[0]
