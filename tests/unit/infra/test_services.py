"""Services are data: `app.yaml`, the stack's changes to it, and its secrets, checked together."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from config import env_value, environment, former, services, settings
from config.app_file import FILE
from config.service import ServiceSettings
from infra import stack_config
from infra.app import connections, service
from infra.guard import fit
from tests.unit.infra.conftest import backend

if TYPE_CHECKING:
    from collections.abc import Callable

    Configure = Callable[..., None]

_ROOT = Path(__file__).parents[3]
_S, _B = "nutri:services", "nutri-backend"


def _problems(folder: Path | None = None) -> list[str]:
    return settings.parse(stack_config.read(folder=folder))[1]


def _parsed(folder: Path | None = None) -> settings.Settings:
    found, problems = settings.parse(stack_config.read(folder=folder))
    assert problems == []
    assert found
    return found


@pytest.fixture
def app(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Write an `app.yaml` with further services; return its folder."""

    def write(services: dict[str, Any]) -> Path:
        whole = yaml.safe_load((_ROOT / FILE).read_text())
        whole["services"] |= services
        (tmp_path / FILE).write_text(yaml.safe_dump(whole, sort_keys=False))
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"replicas": 0}, f"{_S}.{_B}.replicas", "greater than or equal to 1"),
        ({"image": "ghcr.io/x/y:tag"}, f"{_S}.{_B}.image", "without tag"),
        ({"tag": "no good"}, f"{_S}.{_B}.tag", "an image tag"),
        ({"tag": 1234567}, f"{_S}.{_B}.tag", "1234567 is no text; put it in quotes"),
        ({"tag": None}, f"{_S}.{_B}.tag", "missing; run `pulumi config set --path --type string"),
        ({"replica": 3}, f"{_S}.{_B}.replica", "did you mean replicas? Right are: cpus, database"),
        ({"health": {"livepath": "/x"}}, f"{_S}.{_B}.health.livepath", "did you mean livePath?"),
        ({"health": {"retries": 0}}, f"{_S}.{_B}.health.retries", "greater than or equal"),
        ({"memory": "6 gigs"}, f"{_S}.{_B}.memory", "such as 512MiB"),
        ({"health": {"livePath": "/live?x=1"}}, f"{_S}.{_B}.health.livePath", "a path of a URL"),
        ({"memory": 512}, f"{_S}.{_B}.memory", "has no unit"),
        ({"variables": {"A": 5}}, f"{_S}.{_B}.variables.A", "5 is no text"),
        ({"variables": {"A-B": "x"}}, f"{_S}.{_B}.variables.A-B", "a variable's name"),
        ({"variables": {"A": "it's"}}, f"{_S}.{_B}.variables.A", "single quote"),
        ({"http": False}, f"{_S}.{_B}", "one of them has to go"),
        ({"needs": ["nutri-ml"]}, f"{_S}.{_B}.needs", "did you mean nutri-ml-service?"),
        ({"subdomain": "ml"}, f"{_S}.{_B}.subdomain", "ml is nutri-ml-service's"),
        (
            {"database": {"X": {"form": "prisma", "pool": 3}}},
            f"{_S}.{_B}.database.X",
            "pool is not of form prisma; right are: clients, connections",
        ),
    ],
)
def test_a_mistake_names_place_and_remedy(
    configure: Configure, changes: dict[str, Any], place: str, words: str
) -> None:
    """One line, which begins with the place of the value in the stack's config."""
    configure(backend(**changes))
    (line,) = _problems()
    assert line.startswith(place)
    assert words in line


def test_a_wrong_value_of_the_file_is_told_as_the_files(
    configure: Configure, app: Callable[[dict[str, Any]], Path]
) -> None:
    """The stack says nothing of it."""
    configure()
    folder = app({"nutri-worker": {"image": "ghcr.test/w", "tag": "t", "http": False, "prot": 1}})
    (line,) = _problems(folder)
    assert line.startswith(f"{FILE}: services.nutri-worker.prot: is unknown; did you mean port?")


@pytest.mark.parametrize("setting", [_S, "nutri:secrets"])
def test_a_service_that_is_none_is_refused(configure: Configure, setting: str) -> None:
    """The stack changes what runs, and makes nothing up."""
    configure({setting: {"nutri-backnd": {"tag": "x"}}})
    line = next(line for line in _problems() if "backnd" in line)
    assert line.startswith(f"{setting}.nutri-backnd: no such service in {FILE}; did you mean {_B}?")


def test_without_the_file_nothing_runs(configure: Configure, tmp_path: Path) -> None:
    """It says so, as it does of one that is no YAML."""
    configure()
    assert _problems(tmp_path)[0].startswith(f"{FILE}: cannot be read")
    (tmp_path / FILE).write_text("services: [")
    assert _problems(tmp_path)[0].startswith(f"{FILE}: is no YAML")


def test_old_keys_are_told_with_their_new_spelling(configure: Configure) -> None:
    """Each of them, with the command."""
    old = {f"nutri:{key}": "x" for key in former.MOVED} | {
        "nutri:backendTag": "0123456",
        "nutri:healthCheck": {"interval": 3},
    }
    configure(old)
    told = dict(line.split(": is ", 1) for line in _problems())
    assert set(told) == set(old)
    assert told["nutri:backendTag"] == (
        f"{_S}.{_B}.tag now; run `pulumi config set --path --type string '{_S}.{_B}.tag' 0123456"
        " && pulumi config rm nutri:backendTag`"
    )
    assert "services.SERVICE.health.interval' 3" in told["nutri:healthCheck"]


def test_a_variable_has_one_source(configure: Configure) -> None:
    """Plain and secret, or made and plain, is refused."""
    configure(
        backend(variables={"A": "1", "TRUST_PROXY": "2"}) | {"nutri:secrets": {_B: {"A": "2"}}}
    )
    assert sorted(line.partition(";")[0] for line in _problems()) == [
        f"nutri:secrets.{_B}.A: is in {_S}.{_B}.variables too",
        f"{_S}.{_B}.hops.TRUST_PROXY: is in {_S}.{_B}.variables too",
    ]


def test_secrets_go_where_they_are_hidden(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret among the services would hide them all; plain secrets would be read by all."""
    monkeypatch.setattr("infra.stack_config.is_config_secret", lambda key: key == _S)
    configure({"nutri:secrets": {_B: {"A": "sesame"}}})
    hidden, plain = _problems()
    assert hidden.startswith(f"{_S}: holds a secret")
    assert plain.startswith("nutri:secrets: is plain")
    assert "sesame" not in hidden + plain


def test_no_message_tells_a_secret(configure: Configure) -> None:
    """Whatever is wrong with one."""
    configure({"nutri:secrets": {_B: {"A": "open 'sesame", "B": 5, "C-D": "sesame"}}})
    told = "\n".join(_problems())
    assert f"nutri:secrets.{_B}.B: is no text" in told
    assert "sesame" not in told
    configure({"nutri:secrets": {_B: {"A": "open 'sesame"}}})
    (line,) = _problems()
    assert line.startswith(f"nutri:secrets.{_B}.A: holds a single quote")
    assert "sesame" not in line
    configure({"nutri:secrets": {_B: {"A": "sesame"}}})
    assert "sesame" not in repr(_parsed())
    assert "sesame" not in repr(service.specs(_parsed()))


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        ("plain", True),
        ('a "b" $C #d %e é \N{ROCKET}\nline', True),
        ("x" * 32_768, True),
        ("x" * 131_072, False),
        ("", True),
        (" x", False),
        ("x\n", False),
        ("it's", False),
        ("a\r\nb", False),
        ("back\\slash", True),
        ("back\\", False),
        ('{"a": "it\'s"}', True),
        ('["https://a", "b"]', True),
        ('{"a": "$b"}', False),
        ('{"a": " #b"}', False),
        ('{"a":\n1}', False),
        ("{no json $x}", True),
        ("{{team.X}}", False),
    ],
)
def test_what_arrives(value: str, arrives: bool) -> None:
    """By what Coolify and the env file do to it."""
    assert (env_value.problem("NAME", value) is None) is arrives


def test_the_stack_changes_field_by_field(configure: Configure) -> None:
    """One field of an object, all else as in the file; null takes one away."""
    configure(backend(health={"retries": 3}, memory=None, variables={"NEW": "1"}))
    one = _parsed().services[_B]
    assert (one.health.retries, one.health.interval, one.memory) == (3, 5, None)
    assert one.variables["NEW"] == "1"
    assert one.variables["NODE_ENV"] == "production"


def test_hops_are_those_of_the_stack(configure: Configure) -> None:
    """One proxy, and a load balancer before it where there are several servers."""
    configure()
    assert environment.variables(_B, _parsed())["TRUST_PROXY"] == "1"
    two = {"nutri-ml-service": {"replicas": 2}}
    configure({"nutri:servers": 2, _S: two})
    assert environment.variables(_B, _parsed())["TRUST_PROXY"] == "2"


def _needing(**needs: list[str]) -> dict[str, ServiceSettings]:
    base = {"image": "x.test/y", "tag": "1", "port": 1}
    return {
        name: ServiceSettings.model_validate(base | {"needs": wanted})
        for name, wanted in needs.items()
    }


def test_what_is_needed_comes_first() -> None:
    """Else the order of the file."""
    found = _needing(d=["b"], a=[], b=["c"], c=[])
    assert services.in_order(found) == ["c", "b", "d", "a"]


def test_a_circle_is_refused(configure: Configure) -> None:
    """It could never begin."""
    configure({_S: {"nutri-ml-service": {"needs": [_B]}}})
    (line,) = _problems()
    assert "nutri-ml-service needs nutri-backend needs nutri-ml-service, in a circle" in line


def test_a_third_and_a_fourth_service_are_data(
    configure: Configure, app: Callable[[dict[str, Any]], Path]
) -> None:
    """A worker without HTTP and an admin page, each with the right of every other service."""
    configure()
    found = _parsed(
        app(
            {
                "nutri-worker": {"image": "ghcr.test/w", "tag": "1", "http": False},
                "nutri-admin": {
                    "image": "ghcr.test/a",
                    "tag": "1",
                    "port": 80,
                    "subdomain": "admin",
                    "needs": [_B],
                },
            }
        )
    )
    specs = service.specs(found)
    assert [one.name for one in specs] == ["nutri-ml-service", _B, "nutri-worker", "nutri-admin"]
    assert service.public(specs)["nutri-admin"] == "admin.nutri.test"
    assert "nutri-worker" not in service.public(specs)


def test_further_services_count_in_every_budget(
    configure: Configure, app: Callable[[dict[str, Any]], Path]
) -> None:
    """Servers want a replica of what speaks HTTP, memory and connections are added up."""
    worker = {"image": "ghcr.test/w", "tag": "1", "http": False, "memory": "1GiB"}
    worker |= {"database": {"DATABASE_URL": {"form": "prisma", "connections": 7}}}
    admin = {"image": "ghcr.test/a", "tag": "1", "port": 80, "subdomain": "admin"}
    folder = app({"nutri-worker": worker, "nutri-admin": admin})
    two = {"nutri-ml-service": {"replicas": 2}}
    url = {"nutri:databaseUrl": "postgresql://u:p@h.test:6543/p"}
    configure({"nutri:servers": 2, _S: two} | url)
    (line,) = _problems(folder)
    assert line.startswith(f"{_S}.nutri-admin.replicas: 1 with 2 servers")
    configure(url)
    found = _parsed(folder)
    assert "nutri-worker (1 + 1 in a roll-out) x 1 GiB" in fit.problems(found, 2**30)[0]
    assert [str(one) for one in connections.shares(found.services)] == [
        "nutri-worker 1 replicas x 1 clients x 7 connections = 7"
    ]
    shown = service.public(service.specs(found))
    assert list(shown) == ["nutri-ml-service", _B, "nutri-admin"]


@pytest.mark.parametrize(("named", "right"), [("nutri-admin", True), ("nutri-worker", False)])
def test_the_page_stands_in_for_what_the_world_reaches(
    configure: Configure, app: Callable[[dict[str, Any]], Path], named: str, right: bool
) -> None:
    """A further service like every other; not one that nobody asks."""
    folder = app(
        {
            "nutri-worker": {"image": "ghcr.test/w", "tag": "1", "http": False},
            "nutri-admin": {"image": "ghcr.test/a", "tag": "1", "port": 80, "subdomain": "admin"},
        }
    )
    span = {"start": "2026-12-06T02:00:00Z", "end": "2026-12-06T04:00:00Z"}
    configure({"nutri:maintenance": {"mode": "announced", **span, "services": [named]}})
    told = _problems(folder)
    assert (told == []) is right
    assert right or told[0].startswith("nutri:maintenance: services: nutri-worker is none")


def test_the_files_of_the_repository_are_good(configure: Configure, tmp_path: Path) -> None:
    """Every stack's services fit the file, whatever its secrets are."""
    shutil.copy(_ROOT / FILE, tmp_path)
    for file in _ROOT.glob("Pulumi.*.yaml"):
        given = yaml.safe_load(file.read_text())["config"]
        url = "postgresql://u:p@h.test"
        configure(
            {
                _S: None,
                "nutri:databaseUrl": f"{url}:6543/p",
                "nutri:databaseDirectUrl": f"{url}:5432/p",
                "nutri:redisUrl": "rediss://u:p@h.test",
            }
        )
        raw = stack_config.read(folder=tmp_path) | {"services": given[_S]}
        assert settings.parse(raw)[1] == [], file.name


def _fits(configure: Configure, gigabytes: int, **ml: object) -> list[str]:
    configure({_S: {"nutri-ml-service": ml}})
    return fit.problems(_parsed(), gigabytes * 2**30)


def test_two_of_a_large_service_do_not_fit(configure: Configure) -> None:
    """Six of eight gigabytes: beside itself it does not fit, one after the other it does."""
    (line,) = _fits(configure, 8, rollout="start-first")
    assert line == (
        "nutri:services: server 1 has 8 GiB, and nutri-ml-service (1 + 1 in a roll-out) x 6 GiB +"
        " nutri-backend (2 + 1 in a roll-out) x 512 MiB + 512 MiB for Coolify and the system = 14"
        " GiB; `rollout: stop-first` for nutri-ml-service (6 GiB less, and it is away"
        " while it is replaced), or a larger nutri:tier: 6 GiB more would do"
    )
    assert _fits(configure, 8, rollout="stop-first") == []
    assert _fits(configure, 16, rollout="start-first") == []


def test_replicas_are_counted_where_they_run(configure: Configure) -> None:
    """On two servers each has its own; fewer of them is a way out."""
    two = {"nutri-ml-service": {"replicas": 2}, _B: {"replicas": 9}}
    configure({"nutri:servers": 2, _S: two})
    first, second = fit.problems(_parsed(), 8 * 2**30)
    assert "nutri-backend (5 + 1 in a roll-out) x 512 MiB" in first
    assert "nutri-backend (4 + 1 in a roll-out) x 512 MiB" in second
    assert "2 replicas of nutri-backend there" in second


def test_how_long_a_service_is_away_is_told(configure: Configure) -> None:
    """Of one that has to stop before it starts, and has no replica to stand in."""
    configure()
    (line,) = fit.absences(_parsed().services)
    assert line.startswith("nutri-ml-service: its roll-out stops the old container first")
    assert "up to 340 s in every deploy (30 s to stop, 300 s to start)" in line
