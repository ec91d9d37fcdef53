"""Deployments through the API: the queue, what ends how, rollback, actions."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.coolify_double import CoolifyDouble

BACKEND = "ghcr.localcloud.test/nutri/backend"
HEALTH = {
    "health_check_enabled": True,
    "health_check_path": "/health",
    "health_check_interval": 1,
    "health_check_retries": 2,
    "health_check_start_period": 0,
}


@pytest.fixture
def gate(coolify: CoolifyDouble) -> Iterator[threading.Event]:
    """Holds every deployment before its container starts, until the event is set."""
    opened = threading.Event()
    coolify.docker.before_run = lambda: opened.wait(20) or None  # type: ignore[assignment]
    yield opened
    opened.set()
    idle(coolify)


def idle(coolify: CoolifyDouble) -> None:
    """Wait until nothing is queued or running."""
    deadline = time.monotonic() + 20
    while coolify.ok("GET", "/deployments"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def log(deployment: dict[str, Any]) -> str:
    """The lines of a deployment's log."""
    return "\n".join(entry["output"] for entry in json.loads(deployment["logs"]))


def start(coolify: CoolifyDouble, uuid: str, **more: object) -> dict[str, Any]:
    """Ask for one deployment; returns what was answered for it."""
    answer = coolify.ok("POST", "/deploy", {"uuid": uuid, **more})
    return dict(answer["deployments"][0])


def test_a_deployment_finishes(coolify: CoolifyDouble) -> None:
    """Queued, run and finished, with the container the application asked for."""
    uuid = coolify.application(docker_registry_image_tag="good-1")
    answer = start(coolify, uuid)
    assert answer["message"] == "Application app deployment queued."
    assert answer["resource_uuid"] == uuid
    ended = coolify.ended(answer["deployment_uuid"])
    assert (ended["status"], ended["application_name"]) == ("finished", "app")
    assert ended["finished_at"]
    assert list(coolify.docker.containers.values()) == [f"{BACKEND}:good-1"]
    assert coolify.ok("GET", f"/applications/{uuid}")["status"].startswith("running")
    documented = coolify.contract.documented("ApplicationDeploymentQueue")
    assert documented - ended.keys() <= {"configuration_snapshot", "configuration_diff"}


def test_logs_are_hidden_from_plain_readers(coolify: CoolifyDouble) -> None:
    """A reader sees how it ended, not what was said."""
    deployment = start(coolify, coolify.application())["deployment_uuid"]
    coolify.ended(deployment)
    coolify.mint("reader", ["read"])
    assert "logs" not in coolify.call("GET", f"/deployments/{deployment}", secret="reader").json()


def test_what_is_asked_twice_is_skipped_with_an_id_of_nothing(
    coolify: CoolifyDouble, gate: threading.Event
) -> None:
    """The second uuid does not exist; with force there is a second deployment."""
    uuid = coolify.application()
    first = start(coolify, uuid)
    second = start(coolify, uuid)
    assert second["message"] == "Deployment already queued for this commit."
    assert coolify.refused("GET", f"/deployments/{second['deployment_uuid']}")[0] == 404
    forced = start(coolify, uuid, force=True)
    assert coolify.ok("GET", f"/deployments/{forced['deployment_uuid']}")["status"] == "queued"
    gate.set()
    assert coolify.ended(first["deployment_uuid"])["status"] == "finished"
    assert coolify.ended(forced["deployment_uuid"])["status"] == "finished"


def test_the_tag_is_read_when_the_job_starts(coolify: CoolifyDouble, gate: threading.Event) -> None:
    """A change after queueing and before starting is in the deployment."""
    uuid = coolify.application(docker_registry_image_tag="good-1")
    start(coolify, uuid)
    queued = start(coolify, uuid, force=True)
    coolify.ok("PATCH", f"/applications/{uuid}", {"docker_registry_image_tag": "good-2"})
    gate.set()
    coolify.ended(queued["deployment_uuid"])
    assert list(coolify.docker.containers.values()) == [f"{BACKEND}:good-2"]


def test_a_server_runs_two_at_a_time_and_an_application_one(
    coolify: CoolifyDouble, gate: threading.Event
) -> None:
    """The rest waits in the queue and is started as soon as there is room."""
    apps = [coolify.application(name) for name in ("a", "b", "c")]
    uuids = [start(coolify, app)["deployment_uuid"] for app in apps]
    states = [coolify.ok("GET", f"/deployments/{uuid}")["status"] for uuid in uuids]
    assert states == ["in_progress", "in_progress", "queued"]
    gate.set()
    assert [coolify.ended(uuid)["status"] for uuid in uuids] == ["finished"] * 3


def test_a_full_queue_is_429_but_start_does_not_notice(
    coolify: CoolifyDouble, gate: threading.Event
) -> None:
    """/deploy says so with a time to wait; /start hands out an id that will never exist."""
    server = coolify.server()
    change = {"deployment_queue_limit": 1, "concurrent_builds": 1}
    coolify.ok("PATCH", f"/servers/{server}", change)
    first, second, third = (coolify.application(name) for name in ("a", "b", "c"))
    start(coolify, first)
    start(coolify, second)
    answer = coolify.call("POST", "/deploy", {"uuid": third})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    phantom = coolify.ok("POST", f"/applications/{third}/start")["deployment_uuid"]
    assert coolify.refused("GET", f"/deployments/{phantom}")[0] == 404
    gate.set()


def test_an_unhealthy_version_fails_and_the_old_one_stays(coolify: CoolifyDouble) -> None:
    """The new container is stopped and removed, the stored tag is the bad one."""
    uuid = coolify.application(docker_registry_image_tag="good-1", **HEALTH)
    coolify.deploy(uuid)
    before = dict(coolify.docker.containers)
    coolify.docker.health[f"{BACKEND}:never-healthy"] = "unhealthy"
    coolify.ok("PATCH", f"/applications/{uuid}", {"docker_registry_image_tag": "never-healthy"})
    ended = coolify.deploy(uuid)
    assert ended["status"] == "failed"
    lines = told(coolify, ended, "Rolling update completed.").splitlines()
    said = lines.index(f"last words of {BACKEND}:never-healthy")
    assert lines[said - 2 : said] == ["-" * 40, "Container logs:"]
    wait_for_containers(coolify, 1)
    assert coolify.docker.containers == before
    app = coolify.ok("GET", f"/applications/{uuid}")
    assert app["docker_registry_image_tag"] == "never-healthy"


def told(coolify: CoolifyDouble, ended: dict[str, Any], text: str) -> str:
    """The log once it has a text: the reason comes after the status."""
    deadline = time.monotonic() + 10
    while True:
        found = log(coolify.ok("GET", f"/deployments/{ended['deployment_uuid']}"))
        if text in found:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def wait_for_containers(coolify: CoolifyDouble, count: int) -> None:
    """A deployment's status is there first, and the containers follow."""
    deadline = time.monotonic() + 10
    while len(coolify.docker.containers) != count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_that_is_starting_for_ever_fails(coolify: CoolifyDouble) -> None:
    """When the attempts are used up, still starting counts as unhealthy."""
    uuid = coolify.application(docker_registry_image_tag="slow", **HEALTH)
    coolify.docker.health[f"{BACKEND}:slow"] = "starting"
    ended = coolify.deploy(uuid)
    assert ended["status"] == "failed"
    assert "Attempt 2 of 2" in log(ended)


def test_without_a_health_check_the_new_one_is_taken_at_its_word(coolify: CoolifyDouble) -> None:
    """The old container goes at once, whatever Docker says of the new one."""
    uuid = coolify.application(docker_registry_image_tag="bad")
    coolify.docker.health[f"{BACKEND}:bad"] = "unhealthy"
    assert coolify.deploy(uuid)["status"] == "finished"


def test_an_image_nobody_has_fails_before_anything_is_touched(coolify: CoolifyDouble) -> None:
    """The registry's words are in the log; the old container never stops."""
    uuid = coolify.application(docker_registry_image_tag="good-1")
    coolify.deploy(uuid)
    before = dict(coolify.docker.containers)
    coolify.docker.missing.add(f"{BACKEND}:gone")
    coolify.ok("PATCH", f"/applications/{uuid}", {"docker_registry_image_tag": "gone"})
    ended = coolify.deploy(uuid)
    assert ended["status"] == "failed"
    told(coolify, ended, "Removing the new version")
    shown = coolify.ok("GET", f"/deployments/{ended['deployment_uuid']}")
    entries = json.loads(shown["logs"])
    people = [entry["output"] for entry in entries if not entry["hidden"]]
    assert f"Deployment failed: manifest for {BACKEND}:gone not found" in people
    assert [one["output"] for one in entries if "#0 /var/www" in one["output"]]
    assert not [line for line in people if "/var/www" in line]
    assert coolify.docker.containers == before


def test_a_server_marked_unusable_takes_no_deployment(coolify: CoolifyDouble) -> None:
    """The job fails at once with Coolify's words."""
    uuid = coolify.application()
    coolify.coolify.db.execute("UPDATE server_settings SET is_usable = false")
    ended = coolify.deploy(uuid)
    assert ended["status"] == "failed"
    told(coolify, ended, "Server is not functional.")


def test_a_cancelled_deployment_stops_waiting(
    coolify: CoolifyDouble, gate: threading.Event
) -> None:
    """Queued or running it can be cancelled, ended it cannot; a container that runs stays."""
    uuid = coolify.application(**HEALTH)
    deployment = start(coolify, uuid)["deployment_uuid"]
    while not coolify.docker.ran("docker run --detach"):
        time.sleep(0.01)
    answer = coolify.ok("POST", f"/deployments/{deployment}/cancel")
    assert answer["status"] == "cancelled-by-user"
    gate.set()
    assert coolify.ended(deployment)["status"] == "cancelled-by-user"
    wait_for_containers(coolify, 1)
    assert coolify.docker.ran("docker rm -f") == []
    status, body = coolify.refused("POST", f"/deployments/{deployment}/cancel")
    assert (status, body["message"]) == (
        400,
        "Deployment cannot be cancelled. Current status: cancelled-by-user",
    )


def test_deployments_of_an_application_are_paged_newest_first(coolify: CoolifyDouble) -> None:
    """An object with a count, not a list; no tag in it."""
    uuid = coolify.application()
    made = [coolify.deploy(uuid)["deployment_uuid"] for _ in range(3)]
    page = coolify.ok("GET", f"/deployments/applications/{uuid}?skip=1&take=1")
    assert page["count"] == 3
    assert [one["deployment_uuid"] for one in page["deployments"]] == [made[1]]
    assert page["deployments"][0]["docker_registry_image_tag"] is None
    assert coolify.refused("GET", f"/deployments/applications/{uuid}?take=0")[0] == 422


def test_active_deployments_may_come_as_an_object(
    coolify: CoolifyDouble, gate: threading.Event
) -> None:
    """The keys are those of the database's own order; the entries are by id."""
    coolify.ok("PATCH", f"/servers/{coolify.server()}", {"concurrent_builds": 1})
    apps = [coolify.application(name) for name in ("a", "b")]
    uuids = [start(coolify, app)["deployment_uuid"] for app in apps]
    coolify.coolify.db.execute(
        "UPDATE application_deployment_queues SET git_type = 'x' WHERE deployment_uuid = %s",
        (uuids[0],),
    )
    listed = coolify.ok("GET", "/deployments")
    entries = list(listed.values()) if isinstance(listed, dict) else listed
    assert [entry["deployment_uuid"] for entry in entries] == uuids
    gate.set()


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"uuid": "x", "tag": "y"}, 400, "You can only use uuid or tag, not both."),
        ({}, 400, "You must provide uuid or tag."),
        ({"uuid": "nobody"}, 404, "No resources found."),
        ({"tag": "nobody"}, 404, "No resources found with this tag."),
        ({"uuid": "x", "docker_tag": "1"}, 400, "docker_tag requires pull_request_id."),
    ],
)
def test_deploy_refuses(
    coolify: CoolifyDouble, body: dict[str, str], status: int, message: str
) -> None:
    """Neither both nor none, and nothing that does not exist."""
    assert coolify.refused("POST", "/deploy", body) == (status, {"message": message})


def test_a_tag_deploys_all_of_its_applications(coolify: CoolifyDouble) -> None:
    """The answer has messages and details instead of deployments; query or body will do."""
    for name in ("a", "b"):
        coolify.application(name, tags=["blue"])
    answer = coolify.ok("POST", "/deploy?tag=blue")
    assert [len(answer["message"]), len(answer["details"])] == [2, 2]
    for detail in answer["details"]:
        assert coolify.ended(detail["deployment_uuid"])["status"] == "finished"


def test_stop_and_start(coolify: CoolifyDouble) -> None:
    """Stop removes the containers, prunes only if it may; logs then have nobody to ask."""
    uuid = coolify.application(docker_registry_image_tag="good-1")
    coolify.deploy(uuid)
    assert "last words" in coolify.ok("GET", f"/applications/{uuid}/logs?lines=5")["logs"]
    assert coolify.docker.ran("-n 5 ")
    coolify.ok("POST", f"/applications/{uuid}/stop?docker_cleanup=false")
    deadline = time.monotonic() + 10
    while not coolify.ok("GET", f"/applications/{uuid}")["status"].startswith("exited"):
        assert time.monotonic() < deadline
    assert coolify.docker.ran("prune") == []
    status, body = coolify.refused("GET", f"/applications/{uuid}/logs")
    assert (status, body["message"]) == (400, "Application is not running.")
    deployment = coolify.ok("POST", f"/applications/{uuid}/restart")["deployment_uuid"]
    assert coolify.ended(deployment)["restart_only"] is True
    assert len(coolify.docker.containers) == 1


def test_rollback_ignores_the_tag(coolify: CoolifyDouble) -> None:
    """4.3.10 deploys the configured tag again, whatever it is asked for."""
    uuid = coolify.application(docker_registry_image_tag="good-2")
    images = coolify.ok("GET", f"/applications/{uuid}/rollback-images")
    assert [image["tag"] for image in images["images"]] == ["good-1"]
    answer = coolify.ok("POST", f"/applications/{uuid}/rollback", {"commit": "good-1"})
    ended = coolify.ended(answer["deployment_uuid"])
    assert (ended["status"], ended["rollback"], ended["commit"]) == ("finished", True, "good-1")
    assert list(coolify.docker.containers.values()) == [f"{BACKEND}:good-2"]


def test_rollback_of_a_later_version_takes_the_tag(
    coolify: CoolifyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the fault switched off the tag is deployed, and still not stored."""
    fixed = dataclasses.replace(coolify.coolify.settings, rollback_ignores_tag=False)
    deployer = dataclasses.replace(coolify.coolify.queue.run, settings=fixed)  # type: ignore[type-var]
    monkeypatch.setattr(coolify.coolify.queue, "run", deployer)
    uuid = coolify.application(docker_registry_image_tag="good-2")
    answer = coolify.ok("POST", f"/applications/{uuid}/rollback", {"commit": "good-1"})
    coolify.ended(answer["deployment_uuid"])
    assert list(coolify.docker.containers.values()) == [f"{BACKEND}:good-1"]
    assert coolify.ok("GET", f"/applications/{uuid}")["docker_registry_image_tag"] == "good-2"


def test_what_an_earlier_run_left_is_failed(coolify: CoolifyDouble) -> None:
    """At its start the instance marks queued and running deployments as failed."""
    uuid = coolify.application()
    deployment = coolify.deploy(uuid)["deployment_uuid"]
    coolify.coolify.db.execute(
        "UPDATE application_deployment_queues SET status = 'in_progress'", ()
    )
    assert coolify.coolify.queue.fail_leftovers() == 1
    assert coolify.ok("GET", f"/deployments/{deployment}")["status"] == "failed"


def test_no_secret_is_in_a_command_line(coolify: CoolifyDouble) -> None:
    """Values travel in the script's here-document, also those of several lines."""
    uuid = coolify.application()
    data = [
        {"key": "PASSWORD", "value": "hunter 2", "is_literal": True},
        {"key": "PEM", "value": "a\nb", "is_multiline": True},
    ]
    coolify.ok("PATCH", f"/applications/{uuid}/envs/bulk", {"data": data})
    coolify.deploy(uuid)
    (script,) = coolify.docker.ran("docker run --detach")
    command = next(line for line in script.splitlines() if "docker run" in line)
    assert "hunter" not in command
    assert "PASSWORD=hunter 2\n" in script
    assert "--env PEM" in command


def test_a_literal_with_a_quote_breaks_the_deployment(coolify: CoolifyDouble) -> None:
    """The env file cannot be read any more, just as compose could not."""
    uuid = coolify.application()
    body = {"key": "A", "value": "it's", "is_literal": True}
    coolify.ok("POST", f"/applications/{uuid}/envs", body)
    ended = coolify.deploy(uuid)
    assert ended["status"] == "failed"
    told(coolify, ended, "failed to read .env")
