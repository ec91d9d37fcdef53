"""The database's settings, what the app gets of them, and the budget of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pulumi
import pytest
import respx

from common.supabase import Pooler
from infra import database, preflight, settings

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
    found, problems = settings.parse(settings.read())
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
        ("nutri:databaseUrl", _POOLED.partition("?")[0], "lacks `pgbouncer=true`"),
        ("nutri:databaseUrl", f"{_POOLED}&connection_limit=9", "nutri:databaseConnectionLimit"),
        ("nutri:databaseUrl", "mysql://open-sesame", "is no PostgreSQL URL"),
        ("nutri:databaseUrl", _POOLED.replace("6543", "x"), "is no URL"),
        ("nutri:databaseDirectUrl", _POOLED, "has port 6543 instead of 5432"),
        ("nutri:databaseConnectionLimit", 0, "greater than or equal to 1"),
    ],
)
def test_a_mistake_names_setting_and_remedy(
    configure: Configure, key: str, value: object, words: str
) -> None:
    """One broken setting gives exactly one line, which starts with its name and keeps secrets."""
    configure(_GOOD | {key: value})
    (problem,) = settings.parse(settings.read())[1]
    assert problem.startswith(f"{key}: ")
    assert words in problem
    assert "sesame" not in problem


def test_everything_of_it_is_optional(configure: Configure) -> None:
    """Without a word about a database there is none, and no mistake."""
    configure()
    found, problems = settings.parse(settings.read())
    assert problems == []
    assert found
    assert database.environment(found) == {}
    assert database.target(found) is None
    assert database.problems(found) == []


def test_the_app_gets_its_limit(configure: Configure) -> None:
    """The pooled URL with the limit and the service's name; the direct one as it is."""
    found = database.environment(_parsed(configure, {"nutri:databaseConnectionLimit": 4}))
    wanted = {
        "DATABASE_URL": f"{_POOLED}&connection_limit=4&application_name=nutri-backend",
        "DIRECT_URL": _DIRECT,
    }
    assert found.keys() == wanted.keys()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def check() -> pulumi.Output[None]:
        def compare(values: dict[str, str]) -> None:
            assert values == wanted

        return pulumi.Output.all(**found).apply(compare)

    check()


@pytest.mark.parametrize(
    ("replicas", "limit", "pooler", "words"),
    [
        (3, 5, Pooler(default_pool_size=15, max_client_conn=200), None),
        (4, 5, Pooler(default_pool_size=None, max_client_conn=None), None),
        (
            4,
            5,
            Pooler(default_pool_size=15, max_client_conn=200),
            (
                "4 backendReplicas x 5 databaseConnectionLimit = 20 connections, and the pooler has"
                " 15 to the database; a limit of at most 3, at most 3 replicas, or a pool of at"
                " least 20"
            ),
        ),
        (
            20,
            5,
            Pooler(default_pool_size=15, max_client_conn=200),
            "15 to the database; at most 3 replicas, or a pool of at least 100",
        ),
        (
            4,
            5,
            Pooler(default_pool_size=30, max_client_conn=22),
            (
                "one replica more during a roll-out, = 25 clients, and the pooler takes 22; "
                "a limit of at most 4, at most 4 replicas"
            ),
        ),
    ],
)
def test_the_budget(replicas: int, limit: int, pooler: Pooler, words: str | None) -> None:
    """What fits is let be; what does not is told with its numbers, and what would fit."""
    found = database.over_budget(replicas, limit, pooler)
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
    configure(_GOOD)
    with pytest.raises(pulumi.RunError, match="2 mistake") as refused:
        preflight.run("test")
    assert "= 10 connections, and the pooler has 9" in str(refused.value)


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
