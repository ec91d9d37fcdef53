"""Supabase's management API: tokens, projects and their ways, pooler, backups, faults."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from localcloud.state import State
from localcloud.supabase.constants import PASSWORD, PROJECT_REF, TOKEN
from tests.contract.supabase.conftest import Account, RecordingDatabases, make

if TYPE_CHECKING:
    from pathlib import Path

_PROJECT = f"/projects/{PROJECT_REF}"
_POOLER = f"{_PROJECT}/config/database/pooler"
_BACKUPS = f"{_PROJECT}/database/backups"


@pytest.mark.parametrize("token", ["", "sbp_" + "0" * 40, TOKEN[4:]])
def test_a_token_is_needed(account: Account, token: str) -> None:
    """No token, an unknown one and one of another form are 401 with a message."""
    answer = account.ask("GET", "/projects", token=token)
    assert answer.status_code == 401
    assert answer.json()["message"]


def test_an_unknown_project_is_404(account: Account) -> None:
    """So it is for every path below it."""
    for path in ("", "/health?services=db", "/config/database/pooler", "/database/backups"):
        answer = account.ask("GET", f"/projects/nobody{path}")
        assert (answer.status_code, answer.json()) == (404, {"message": "Project not found"})


def test_the_first_project_is_there_with_rows(account: Account) -> None:
    """It is listed with its database, which was made seeded, with the known password."""
    (listed,) = account.ask("GET", "/projects").json()
    assert listed["database"]["host"] == f"db.{PROJECT_REF}.localcloud.test"
    spec = next(call[1] for call in account.databases.calls if call[0] == "create")
    assert (spec.ref, spec.seeded, spec.password) == (PROJECT_REF, True, PASSWORD)  # type: ignore[attr-defined]


def test_pause_and_restore_take_their_time(account: Account) -> None:
    """PAUSING, INACTIVE, COMING_UP, ACTIVE_HEALTHY; the database goes and comes; health tells."""
    account.knob("PATCH", "/supabase/", {"pause_seconds": 0.2, "restore_seconds": 0.2})
    assert account.ask("POST", f"{_PROJECT}/pause").status_code == 200
    assert account.ask("GET", _PROJECT).json()["status"] == "PAUSING"
    account.until("INACTIVE")
    health = account.ask("GET", f"{_PROJECT}/health?services=db,pooler").json()
    assert [one["healthy"] for one in health] == [False, False]
    assert account.ask("POST", f"{_PROJECT}/restore").status_code == 200
    assert account.ask("GET", _PROJECT).json()["status"] == "COMING_UP"
    account.until("ACTIVE_HEALTHY")
    assert [call[0] for call in account.databases.calls[-2:]] == ["stop", "start"]


def test_what_cannot_be_is_400(account: Account) -> None:
    """Restoring an active project, and asking for the health of nothing."""
    assert account.ask("POST", f"{_PROJECT}/restore").status_code == 400
    assert account.ask("GET", f"{_PROJECT}/health").status_code == 400
    assert account.ask("GET", f"{_PROJECT}/health?services=moon").status_code == 400
    assert account.ask("POST", "/projects", {"name": "x"}).status_code == 400


def test_a_new_project_is_empty_and_can_go(account: Account) -> None:
    """It comes up with a name, password and host of its own, and leaves nothing."""
    (organization,) = account.ask("GET", "/organizations").json()
    body = {"name": "again", "db_pass": "secret", "organization_slug": organization["slug"]}
    made = account.ask("POST", "/projects", body)
    assert (made.status_code, made.json()["status"]) == (201, "COMING_UP")
    ref = made.json()["ref"]
    account.until("ACTIVE_HEALTHY", ref)
    spec = [call[1] for call in account.databases.calls if call[0] == "create"][-1]
    assert (spec.ref, spec.seeded, spec.host) == (ref, False, f"{ref}.pooler.localcloud.test")  # type: ignore[attr-defined]
    assert account.ask("DELETE", f"/projects/{ref}").json()["ref"] == ref
    assert account.ask("GET", f"/projects/{ref}").status_code == 404
    assert account.databases.calls[-1] == ("delete", ref)


def test_the_pool_can_be_resized(account: Account) -> None:
    """The size reaches the pooler and is told from then on."""
    assert account.ask("GET", _POOLER).json()[0]["default_pool_size"] == 15
    assert account.ask("PATCH", _POOLER, {"default_pool_size": 4}).status_code == 200
    assert account.ask("GET", _POOLER).json()[0]["default_pool_size"] == 4
    assert account.databases.calls[-1] == ("pool", PROJECT_REF, 4)


def test_the_password_can_be_changed(account: Account) -> None:
    """It reaches the database."""
    assert account.ask("PATCH", f"{_PROJECT}/database/password", {"password": "n3w!"}).is_success
    assert account.databases.calls[-1] == ("password", PROJECT_REF, "n3w!")


def test_backups_by_the_knob(account: Account) -> None:
    """Daily ones at first; none, stale ones, and a plan without point-in-time recovery."""
    found = account.ask("GET", _BACKUPS).json()
    assert (len(found["backups"]), found["pitr_enabled"]) == (1, True)
    account.knob("PATCH", "/supabase/", {"backups": "none", "pitr": False})
    found = account.ask("GET", _BACKUPS).json()
    assert (found["backups"], found["physical_backup_data"]) == ([], {})
    account.knob("PATCH", "/supabase/", {"backups": "stale"})
    (stale,) = account.ask("GET", _BACKUPS).json()["backups"]
    assert stale["inserted_at"] < time.strftime("%Y-%m-%d", time.gmtime())


def test_restore_to_a_moment(account: Account) -> None:
    """Within the window the database is taken back; outside of it that is refused."""
    account.knob("PATCH", "/knobs", {"clock_offset": 3600})
    target = int(account.projects.clock.seconds()) - 60
    path = f"{_BACKUPS}/restore-pitr"
    assert account.ask("POST", path, {"recovery_time_target_unix": target}).status_code == 201
    account.until("ACTIVE_HEALTHY")
    assert account.databases.calls[-1][0] == "restore_to"
    for moment in (1, target + 7200):
        assert account.ask("POST", path, {"recovery_time_target_unix": moment}).status_code == 400


def test_faults_hit_this_api_alone(account: Account) -> None:
    """A fault for /supabase answers its status once, in this API's form of an error."""
    fault = {"path": "^/supabase/projects", "status": 429, "message": "Too Many Requests"}
    account.knob("POST", "/faults", fault)
    answer = account.ask("GET", _PROJECT)
    assert (answer.status_code, answer.json()["message"]) == (429, "Too Many Requests")
    assert account.ask("GET", _PROJECT).status_code == 200


def test_an_outage_is_no_pause(account: Account) -> None:
    """The database is gone, the status says unhealthy, and restoring is refused."""
    account.knob("POST", f"/supabase/{PROJECT_REF}/down")
    assert account.ask("GET", _PROJECT).json()["status"] == "ACTIVE_UNHEALTHY"
    assert account.ask("POST", f"{_PROJECT}/restore").status_code == 400
    account.knob("POST", f"/supabase/{PROJECT_REF}/up")
    assert account.ask("GET", _PROJECT).json()["status"] == "ACTIVE_HEALTHY"


def test_connections_can_be_held(account: Account) -> None:
    """Through the pooler or directly; what was held before is let go of."""
    account.knob("POST", f"/supabase/{PROJECT_REF}/hold", {"connections": 3, "through": "direct"})
    assert account.databases.calls[-2:] == [
        ("release", PROJECT_REF),
        ("hold", PROJECT_REF, 3, 5432),
    ]


def test_a_reset_brings_the_first_project_back(account: Account) -> None:
    """Every database goes, and the first is made anew."""
    account.ask("POST", f"{_PROJECT}/pause")
    account.until("INACTIVE")
    account.knob("POST", "/reset")
    account.until("ACTIVE_HEALTHY")
    assert ("delete", PROJECT_REF) in account.databases.calls


def test_a_reset_removes_what_there_is(account: Account) -> None:
    """A database that cannot be removed is told; with no engine yet there is none to remove."""
    account.databases.broken = True
    refused = account.client.post("/_localcloud/reset")
    assert (refused.status_code, refused.json()["error"]["message"]) == (500, "no engine")
    client, projects = make(State(), account.databases)
    with client:
        assert client.post("/_localcloud/reset").status_code == 204
        assert [project.status for project in projects.all()] == ["COMING_UP"]


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    """A paused project is still paused, and its database stays stopped, in the next process."""
    first = State(tmp_path / "state.db")
    client, projects = make(first, RecordingDatabases())
    with client:
        account = Account(client, RecordingDatabases(), projects)
        account.until("ACTIVE_HEALTHY")
        account.ask("POST", f"{_PROJECT}/pause")
        account.until("INACTIVE")
    first.close()
    databases = RecordingDatabases()
    client, projects = make(State(tmp_path / "state.db"), databases)
    with client:
        account = Account(client, databases, projects)
        account.wait(lambda: bool(databases.calls))
        assert account.ask("GET", _PROJECT).json()["status"] == "INACTIVE"
        account.ask("POST", f"{_PROJECT}/restore")
        account.until("ACTIVE_HEALTHY")
        assert [call[0] for call in databases.calls] == ["create", "start"]


def test_a_database_that_fails_is_told(account: Account) -> None:
    """A restore that fails ends in a status of its own, not in silence."""
    account.ask("POST", f"{_PROJECT}/pause")
    account.until("INACTIVE")
    account.databases.broken = True
    account.ask("POST", f"{_PROJECT}/restore")
    account.until("RESTORE_FAILED")
