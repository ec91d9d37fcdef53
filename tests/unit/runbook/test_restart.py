"""Restarting: one replica after another, each waited for, through Coolify or by Docker alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks import Report, Result
from checks.verdict import green, red
from common.waiting import without_pauses
from runbook.incidents import Folder, Incident, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.unit.runbook.server import FakeServer

pytestmark = pytest.mark.usefixtures("_instant")


@pytest.fixture
def _instant() -> Iterator[None]:
    with without_pauses(attempts=4):
        yield


@pytest.fixture(autouse=True)
def verdicts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the checks say afterwards, and of what they were asked."""
    said: dict[str, Any] = {"health": green("fine")}

    def verify(_target: object, ids: Sequence[str], *, only: object, **_: object) -> Report:
        said["only"] = only
        verdict = said["health"]
        return Report("prod", tuple(Result(i, "E1", "t", "nutri-backend", verdict) for i in ids))

    monkeypatch.setattr(checks, "verify", verify)
    return said


@dataclass
class Coolify:
    """An API that replaces an application's container when its restart is asked for."""

    server: FakeServer
    ends_as: str = "finished"
    new_status: str = "Up 1 second (healthy)"
    keeps_old: bool = False
    busy: int = 0
    unknown: int = 0
    calls: list[str] = field(default_factory=list)

    def __call__(self, method: str, path: str) -> tuple[int, Any]:
        """Answer one call."""
        self.calls.append(f"{method} {path}")
        if path.startswith("/deployments/applications/"):
            self.busy -= 1
            state = "in_progress" if self.busy >= 0 else "finished"
            return 200, {"count": 1, "deployments": [{"deployment_uuid": "d0", "status": state}]}
        if method == "POST":
            return self._restart(path.split("/")[2])
        self.unknown -= 1
        if self.unknown >= 0:
            return 404, {"message": "Deployment not found."}
        logs = json.dumps([{"output": "pulling\ncould not pull"}])
        return 200, {"status": self.ends_as, "logs": logs}

    def _restart(self, application: str) -> tuple[int, Any]:
        if self.ends_as == "refused":
            return 403, {"message": "API is disabled."}
        if self.ends_as == "queue full":
            return 200, {"message": "Deployment already queued for this commit."}
        if self.ends_as == "finished":
            rows = self.server.containers
            if not self.keeps_old:
                rows[:] = [row for row in rows if row["application"] != application]
            self.server.application(application, 2, status=self.new_status)
        return 200, {"message": "Restart request queued.", "deployment_uuid": f"d-{application}"}


@pytest.fixture
def coolify(server: FakeServer) -> Coolify:
    """Coolify with two replicas of the backend on the server."""
    server.application("app-a")
    server.application("app-b")
    server.api = Coolify(server)
    return server.api


def test_replicas_are_restarted_one_after_another(
    coolify: Coolify,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    verdicts: dict[str, Any],
) -> None:
    """Each is healthy in a new container before the next begins; then the service is checked."""
    assert run("restart", "nutri-backend", "--yes", "--json") == 0
    posts = [call for call in coolify.calls if "/applications/" not in call or "POST" in call]
    assert posts == [
        *("POST /applications/app-a/restart", "GET /deployments/d-app-a"),
        *("POST /applications/app-b/restart", "GET /deployments/d-app-b"),
    ]
    found = json.loads(capsys.readouterr().out)
    assert [one["container"] for one in found["restarted"]] == ["app-a-000002", "app-b-000002"]
    assert verdicts["only"] == {
        (name, "nutri-backend") for name in ("containers", "health", "spread")
    }


def test_it_is_waited_for_earlier_and_unknown_deployments(
    coolify: Coolify, run: Callable[..., int]
) -> None:
    """A running one ends first; one that Coolify does not know yet is asked for again."""
    coolify.busy, coolify.unknown = 2, 2
    assert run("restart", "nutri-backend", "--yes") == 0
    assert coolify.calls[:4].count("POST /applications/app-a/restart") == 1
    assert coolify.calls[3] == "POST /applications/app-a/restart"


@pytest.mark.parametrize(
    ("ends_as", "says"),
    [
        ("failed", "ended as failed; Coolify says:\n    pulling\n    could not pull"),
        ("refused", "403 API is disabled."),
        ("queue full", "queued no restart: Deployment already queued"),
    ],
)
def test_a_restart_that_coolify_does_not_make_is_told(
    coolify: Coolify,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    ends_as: str,
    says: str,
) -> None:
    """The second replica is not touched."""
    coolify.ends_as = ends_as
    assert run("restart", "nutri-backend", "--yes") == 2
    assert says in capsys.readouterr().err
    assert not [call for call in coolify.calls if "app-b" in call]


def test_a_container_that_does_not_get_healthy_stops_it(
    coolify: Coolify, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """With what Docker says of it."""
    coolify.new_status = "Up 3 minutes (unhealthy)"
    assert run("restart", "nutri-backend", "--yes") == 2
    err = capsys.readouterr().err
    assert "gave up waiting for nutri-backend-1 to be healthy" in err
    assert "at last: Up 3 minutes (unhealthy)" in err
    assert not [call for call in coolify.calls if "app-b" in call]


def test_the_old_container_is_not_taken_for_the_new_one(
    coolify: Coolify, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """As long as it is there, it is healthy, and proves nothing."""
    coolify.keeps_old, coolify.new_status = True, "Up 1 second (health: starting)"
    assert run("restart", "nutri-backend", "--yes") == 2
    assert "at last: Up 1 second (health: starting)" in capsys.readouterr().err


def test_coolify_that_is_down_names_the_other_way(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """--hard does without it."""
    server.application("app-a")
    assert run("restart", "nutri-backend", "--yes") == 2
    assert "`runbook restart SERVICE --hard`" in capsys.readouterr().err


def test_hard_is_docker_alone(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each container in turn, by its id, once nothing is under way to it."""
    server.application("app-a")
    server.application("app-b", number=7)
    server.answers["docker restart"] = ""
    assert run("restart", "nutri-backend", "--hard", "--yes") == 0
    asked = [one for one in server.commands if one.startswith(("docker restart", "drain"))]
    assert asked == [
        "drain start nutri-backend app-a 30 1800",
        "docker restart --time 30 app-a-1",
        "drain end nutri-backend",
        "drain start nutri-backend app-b 30 1800",
        "docker restart --time 30 app-b-7",
        "drain end nutri-backend",
    ]
    assert "nutri-backend-2 is healthy again" in capsys.readouterr().err


def test_hard_asks_first(server: FakeServer, run: Callable[..., int]) -> None:
    """Where nobody can be asked, nothing is done."""
    server.application("app-a")
    assert run("restart", "nutri-backend", "--hard") == 2
    assert server.commands == []


@pytest.mark.usefixtures("server")
def test_hard_needs_a_container(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """An application without one is Coolify's to make."""
    assert run("restart", "nutri-backend", "--hard", "--yes") == 2
    assert "app-a of nutri-backend has no container to restart" in capsys.readouterr().err


@pytest.mark.usefixtures("coolify")
def test_a_restart_that_did_not_help_is_exit_code_1(
    run: Callable[..., int], verdicts: dict[str, Any]
) -> None:
    """And the incident has it in its timeline."""
    folder, now = Folder.of_project(), datetime(2026, 1, 31, tzinfo=UTC)
    folder.add(now, lambda number: Incident(id=number, title="t", severity=Severity.P1, opened=now))
    verdicts["health"] = red("still ill", "go back")
    assert run("restart", "nutri-backend", "--yes") == 1
    (one,) = folder.all()
    assert one.timeline[-1].what == "restarted nutri-backend through Coolify: 2 replicas"
