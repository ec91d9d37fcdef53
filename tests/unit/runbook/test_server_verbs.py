"""Docker by short verbs, migrations, resources, status with incidents."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import checks
from checks import Report, Result
from checks.measure import Measure, Unit
from checks.verdict import green, red
from clients.ssh import Result as Done
from common.waiting import without_pauses
from runbook.incidents import Folder, Incident, Severity
from runbook.migrate import pending
from runbook.outage.live import parse_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checks.check import AnyCheck
    from common.target import Target
    from tests.unit.runbook.server import FakeServer

IMAGES = """\
good-2\t2026-11-24 12:50:08 +0000 UTC
<none>\t2026-11-24 12:50:07 +0000 UTC
good-1\t2026-11-23 09:00:00 +0000 UTC
"""


def _ps(name: str, status: str = "Up 2 hours (healthy)", state: str = "running") -> str:
    row = {"Names": name, "Image": "i:1", "State": state, "Status": status}
    return json.dumps(row | {"ID": "x", "Command": '"python3"'}) + "\n"


def test_containers_are_listed_by_the_names_people_know(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that are not well come first."""
    server.answers["docker ps --all --format '{{json .}}'"] = (
        _ps("coolify") + _ps("app-b-120000") + _ps("old", "Exited (1) 3 days ago", "exited")
    )
    assert run("docker", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["old", "coolify", "nutri-backend-2"]


def test_the_daemon_is_restarted_and_waited_for(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Until everything that ran before is well again; what was stopped may stay so."""
    stopped = _ps("old", "Exited (0)", "exited")
    states = iter(
        [
            _ps("a") + _ps("b") + stopped,
            _ps("a", "Up 1 second (health: starting)") + stopped,
            _ps("a") + _ps("b", "Up 1 second (health: starting)") + stopped,
            _ps("a") + _ps("b") + stopped,
        ]
    )
    server.answers |= {"docker ps": lambda _: next(states), "systemctl restart docker": ""}
    with without_pauses(attempts=5):
        assert run("docker", "restart", "--yes") == 0
    assert "2 containers well again" in capsys.readouterr().out


def test_a_daemon_that_is_down_is_started(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The check's remedy is for that: what runs afterwards has to be well."""
    down = Done("", "Cannot connect to the Docker daemon", 1)
    states = iter(
        [down, down, _ps("a", "Up 1 second (health: starting)") + _ps("b"), _ps("a") + _ps("b")]
    )
    server.answers |= {"docker ps": lambda _: next(states), "systemctl restart docker": ""}
    with without_pauses(attempts=5):
        assert run("docker", "restart", "--yes") == 0
    assert "2 containers well again" in capsys.readouterr().out


def test_a_container_that_does_not_come_back_is_named(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The wait ends at its bound."""
    states = iter([_ps("a") + _ps("b"), *[_ps("a")] * 9])
    server.answers |= {"docker ps": lambda _: next(states), "systemctl restart docker": ""}
    with without_pauses(attempts=3):
        assert run("docker", "restart", "--yes") == 2
    assert "at last: not well yet: b" in capsys.readouterr().err


HEAD = 'Datasource "db": PostgreSQL database "postgres", schema "public" at "db:5432"\n\n'
PENDING = (
    HEAD
    + "10 migrations found in prisma/migrations\nFollowing migration have not yet been applied:\n"
    + "20260615120000_add_meals\n\nTo apply migrations in development run prisma migrate dev.\n"
)
DIVERGED = (
    "Your local migration history and the migrations table from your database are different:\n\n"
    "The migrations from the database are not found locally in prisma/migrations:\n20260303_x\n"
)


@pytest.mark.parametrize(
    ("printed", "code", "state", "names"),
    [
        (HEAD + "9 migrations found\n\nDatabase schema is up to date!\n", 0, "up to date", []),
        (PENDING, 1, "pending", ["20260615120000_add_meals"]),
        (
            HEAD + "Following migration(s) have not yet been applied:\nmigrations/\n"
            "  └─ 20260101000000_add_thing\n  └─ 20260102000000_more\n\nTo apply\n",
            1,
            "pending",
            ["20260101000000_add_thing", "20260102000000_more"],
        ),
        (
            "Following migration have failed:\n20260101000000_bad\n\nDuring development\n"
            + PENDING,
            1,
            "failed",
            ["20260101000000_bad"],
        ),
        (
            DIVERGED,
            1,
            "diverged",
            [],
        ),
    ],
)
def test_the_migrations_status(  # noqa: PLR0913, PLR0917
    server: FakeServer,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    printed: str,
    code: int,
    state: str,
    names: list[str],
) -> None:
    """As Prisma prints it; everything but up to date is exit code 1."""
    server.application("app-a", state="exited", status="Exited (1)")
    server.application("app-b")
    server.answers["docker exec app-b-1 sh -c"] = Done(printed, "", code)
    assert run("migrations", "status", "--json") == code
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["migrations"]) == (state, names)
    assert (told["applied"] is None) is (state in {"failed", "diverged"})


@pytest.mark.parametrize(
    ("done", "says"),
    [
        (Done("", "", 127), "registry/backend:good-1 has no `npx`"),
        (
            Done("", 'npm error npx canceled due to missing packages and no YES option: ["p"]', 1),
            "no Prisma CLI in it",
        ),
        (
            Done(HEAD, "Error: P1001: Can't reach database server at `db:5432`", 1),
            "tells no status: Error: P1001: Can't reach database server",
        ),
        (Done("", "", 1), "tells no status: nothing"),
    ],
)
def test_a_status_that_cannot_be_had_says_why(
    server: FakeServer,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    done: Done,
    says: str,
) -> None:
    """And what to do instead; exit code 2."""
    server.application("app-a")
    server.answers["docker exec"] = done
    assert run("migrations", "status") == 2
    assert says in capsys.readouterr().err


def test_no_running_container_has_no_migrations(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Prisma runs within the app."""
    server.application("app-a", state="exited", status="Exited (1)")
    assert run("migrations", "status") == 2
    assert "no container of nutri-backend runs" in capsys.readouterr().err


def test_every_state_of_migrations_has_words() -> None:
    """For people, with the names."""
    texts = {str(pending.Migrations(state, ("20260101_x",))) for state in pending.State}
    assert len(texts) == len(pending.State)


def test_tags_with_their_dates() -> None:
    """Images without a tag are no way back."""
    assert parse_tags(IMAGES) == [
        ("good-2", "2026-11-24 12:50:08"),
        ("good-1", "2026-11-23 09:00:00"),
    ]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks that find a full disk and two containers."""

    def run(target: Target, chosen: Sequence[AnyCheck], **_: object) -> Report:
        found = {
            "cpu": green("ok").measured(
                [
                    Measure("cpu", "all containers", 0.3, Unit.SHARE, 0.9),
                    Measure("cpu", "coolify", 0.05, Unit.SHARE),
                    Measure("cpu", "nutri-backend-1", 0.25, Unit.SHARE),
                ]
            ),
            "memory": green("ok").measured([Measure("memory", "coolify", 0.1, Unit.SHARE)]),
            "disk": red("/ is 93% full", "prune"),
        }
        rows = [
            Result(one.id, one.runbook, one.title, "nutri-1", found.get(one.id, green("ok")))
            for one in chosen
        ]
        return Report(target.stack, tuple(rows))

    monkeypatch.setattr(checks, "run", run)


@pytest.mark.usefixtures("stack", "measured")
def test_resources_are_shown_with_their_containers(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The busiest first; what is over its limit is exit code 1."""
    assert run("resources") == 1
    out = capsys.readouterr().out
    assert "RED     disk: / is 93% full" in out
    rows = [line.split() for line in out.splitlines() if "%" in line and "full" not in line]
    assert rows == [["nutri-backend-1", "25%", "-", "-"], ["coolify", "5%", "10%", "-"]]


@pytest.mark.usefixtures("server", "measured")
@pytest.mark.parametrize(("minutes", "code"), [(10, 0), (20, 1)])
def test_status_is_red_while_an_acknowledgement_is_overdue(
    minutes: int,
    code: int,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A P1 may wait for 15 minutes; those of other stacks are not shown."""
    opened = datetime.now(UTC) - timedelta(minutes=minutes)
    for title, stack in (("it is down", "prod"), ("elsewhere", "dev")):
        Folder.of_project().add(
            opened,
            lambda number, title=title, stack=stack: Incident(  # type: ignore[misc]
                id=number, title=title, severity=Severity.P1, opened=opened, stack=stack
            ),
        )
    assert run("status") == code
    out = capsys.readouterr().out
    assert "it is down" in out
    assert "elsewhere" not in out
    assert ("NOT ACKNOWLEDGED, overdue by 5 min" in out) == bool(code)
    run("status", "--json")
    (one,) = json.loads(capsys.readouterr().out)["incidents"]
    assert one["overdue"] == bool(code)


@pytest.mark.usefixtures("server", "measured")
@pytest.mark.parametrize(("words", "has_drift"), [((), True), (("--no-drift",), False)])
def test_status_is_one_screen(
    words: tuple[str, ...],
    has_drift: bool,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Services with versions and replicas, servers, backups, drift unless it is not wanted."""
    assert run("status", *words) == 0
    out = capsys.readouterr().out
    assert "nutri-backend  https://127.0.0.1:1  good-1  2 replicas" in out
    for word in ("cx33 at", "backups:", "backup-age:", "version 4.3.10"):
        assert word in out
    assert ("drift:" in out) == has_drift
    assert len(out.splitlines()) < 50
