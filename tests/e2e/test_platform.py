"""The whole platform on the local cloud, in the order an operator lives through it.

One stack, one story: each test starts from what the one before left. Run the file as a whole.
"""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest

from clients.ssh import SshClient
from runbook.monitor import watching
from tests.contract.asked import hetzner
from tests.e2e import asked
from tests.e2e.conftest import ask, running_tags
from tests.e2e.cuts import sample
from tests.e2e.cuts.healed import combine
from tests.e2e.cuts.moments import DEPLOYS
from tests.e2e.cuts.scene import Scene
from tests.e2e.cuts.table import CUTS
from tests.e2e.former import kept_by_path, put_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target
    from tests.e2e.conftest import Stack
    from tests.e2e.cuts.moments import Moment
    from tests.e2e.cuts.table import Cut

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(1500)]


@pytest.fixture
def target(stack: Stack) -> Target:
    """The stack's outputs."""
    return stack.described()


@pytest.fixture
def server(target: Target) -> Iterator[SshClient]:
    """The server, over SSH."""
    with SshClient(target.servers[0].ssh) as client:
        yield client


def _get(target: Target, service: str, path: str) -> httpx.Response:
    """Ask a service by its public address, with its public name."""
    (host,) = [s.url.removeprefix("https://") for s in target.services if s.name == service]
    return ask(target, host, path)


def _version(target: Target, service: str = "nutri-backend") -> str:
    """Return the tag that all its replicas run."""
    (tag,) = running_tags(target, service)
    return tag


def _stored_tags(stack: Stack, target: Target) -> set[str]:
    """Return the tags Coolify has stored for the backend's applications."""
    from clients.coolify.client import connect  # noqa: PLC0415 - the program's own client, late

    outputs = stack.target()
    ssh, token = outputs["servers"][0]["ssh"], outputs["coolify"]["token"]
    (backend,) = [s for s in target.services if s.name == "nutri-backend"]
    with connect({**ssh, "api_port": 8000, "token": token}) as client:
        apps = [client.get(f"/applications/{uuid}") for uuid in backend.applications]
    return {app["docker_registry_image_tag"] for app in apps}


def _replicas(server: SshClient) -> list[str]:
    listed = server.run(["docker", "ps", "--format", "{{json .}}"]).stdout.splitlines()
    names = [json.loads(line)["Image"] for line in listed]
    return [image for image in names if "/nutri/backend:" in image]


def _backend(target: Target) -> ServiceTarget:
    return next(one for one in target.services if one.name == "nutri-backend")


def test_mistakes_are_told_before_anything_is_touched(stack: Stack) -> None:
    """A bad config fails with one line a mistake, without a traceback, and makes nothing."""
    good = dict(stack.config)
    stack.config |= {
        "nutri:tier": "huge",
        "nutri:location": "moon",
        "nutri:sshNetworks": ["203.0.113.7/24"],
    }
    stack.change("nutri-backend", tag="")
    done = stack.pulumi("up", "--yes", "--skip-preview")
    stack.config = good
    assert done.returncode != 0
    assert "4 mistake(s), nothing was touched" in stack.last
    for setting in ("tier", "location", "sshNetworks[0]", "services.nutri-backend.tag"):
        assert f"- nutri:{setting}: " in stack.last
    assert "Traceback" not in stack.last
    assert stack.cloud.api("/ssh_keys")["ssh_keys"] == []


def test_a_failure_in_the_middle_fails_the_update(stack: Stack) -> None:
    """The cloud refuses backups once the server is there: the error is the cloud's own."""
    path = "/servers/.*/actions/enable_backup"
    fault = {"method": "POST", "path": path, "status": 503, "code": "unavailable", "times": 9}
    stack.cloud.knob("POST", "/faults", fault)
    done = stack.pulumi("up", "--yes", "--skip-preview")
    stack.cloud.knob("DELETE", "/faults")
    assert done.returncode != 0
    assert "unavailable" in stack.last
    assert len(stack.cloud.api("/servers")["servers"]) == 1


def test_the_same_command_again_finishes_the_job(stack: Stack) -> None:
    """The next `up` makes what is missing, checks included, and leaves a target."""
    (before,) = stack.cloud.api("/servers")["servers"]
    changes = stack.up()
    assert set(changes) <= {"create", "update"}
    (after,) = stack.cloud.api("/servers")["servers"]
    assert after["id"] == before["id"]
    assert _version(stack.described()) == "good-1"


_SQL = "docker exec -i coolify-db psql -q -v ON_ERROR_STOP=1 -U coolify -d coolify"


def test_up_heals_a_coolify_that_lets_nobody_in(stack: Stack, server: SshClient) -> None:
    """Token gone, API off, its own server held as unusable: the check's remedy is one `up`."""
    server.run(
        _SQL,
        stdin="delete from personal_access_tokens; update instance_settings "
        "set is_api_enabled = false; update server_settings set is_usable = false;",
    )
    before = stack.runbook("check", "coolify", "coolify-token")
    assert before.returncode == 1
    assert before.stdout.count("`pulumi up`") == 2
    assert set(stack.up()) == {"update"}
    assert stack.runbook("check", "coolify", "coolify-token").returncode == 0
    ask = "select is_usable from server_settings where server_id = 0"
    usable = server.run(f"{_SQL} -tA", stdin=ask)
    assert usable.stdout.strip() == "t"


def test_all_that_was_asked_is_in_the_vendors_documents(stack: Stack, server: SshClient) -> None:
    """Each request of program, provider and checks so far: path, parameters, fields."""
    assert len(asked.of_hetzner(stack.cloud)) > 50
    assert len(asked.of_coolify(server)) > 20
    assert asked.problems(stack.cloud, server) == []


def test_second_up_changes_nothing(stack: Stack) -> None:
    """The same program and config are no change at all."""
    done = stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert done.returncode == 0, stack.last


def test_no_diff_after_refresh(stack: Stack) -> None:
    """What the providers read back is what the program wants."""
    assert stack.pulumi("refresh", "--yes", "--skip-preview").returncode == 0, stack.last
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last


def test_a_state_that_names_classes_by_path_goes_on(stack: Stack) -> None:
    """As programs before the kinds kept it: refreshed, and without a difference.

    The tests after this one update, delete and destroy what that state holds.
    """
    assert len(put_back(stack)) >= 8
    assert stack.pulumi("refresh", "--yes", "--skip-preview").returncode == 0, stack.last
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last
    assert len(kept_by_path(stack)) >= 8


def test_no_secret_is_plain_in_the_state(stack: Stack) -> None:
    """The state file holds neither key nor token nor password in the clear."""
    target = stack.target()
    state = "".join(f.read_text() for f in (stack.folder / "state").rglob("*.json*"))
    secrets = [
        target["servers"][0]["ssh"]["private_key"].splitlines()[2],
        target["coolify"]["token"],
        target["hetzner"]["token"],
    ]
    assert len(state) > 10_000
    assert [secret[:6] for secret in secrets if secret in state] == []
    assert "BEGIN OPENSSH PRIVATE KEY" not in state


def test_checks_are_green_by_the_cli(stack: Stack) -> None:
    """`runbook check` agrees with what the update said."""
    done = stack.runbook("check", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)


def test_coolify_is_reached_by_us_alone(target: Target) -> None:
    """Port 8000 is shut from outside, while the tunnel of the checks goes through."""
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{target.servers[0].ipv4}:8000/api/health", timeout=5)


def test_containers_cannot_read_the_user_data(target: Target, server: SshClient) -> None:
    """The metadata service, and with it the host key, is shut to containers."""
    script = "curl -s -m 3 http://169.254.169.254/hetzner/v1/userdata; echo code=$?"
    seen = server.run(f"docker exec $(docker ps -q --filter name=coolify-proxy) sh -c '{script}'")
    assert "PRIVATE KEY" not in seen.stdout
    assert "code=0" not in seen.stdout
    assert target.servers[0].ssh.host_key


@pytest.mark.parametrize("replicas", [3, 1, 2])
def test_replicas_follow_the_config(stack: Stack, replicas: int) -> None:
    """More and fewer replicas are one changed value, verified by the spread of answers."""
    stack.change("nutri-backend", replicas=replicas)
    changes = stack.up()
    assert set(changes) <= {"create", "delete", "update"}
    target = stack.described()
    with SshClient(target.servers[0].ssh) as server:
        assert len(_replicas(server)) == replicas
    spread = stack.runbook("check", "spread")
    assert spread.returncode == 0, spread.stdout + spread.stderr
    assert f"reached {replicas} of {replicas} replicas" in spread.stdout


class _Traffic:
    """Requests to the backend, one after another, until told to stop."""

    def __init__(self, target: Target) -> None:
        self.answers: list[int | str] = []
        self._target = target
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.answers.append(self._one())
            time.sleep(0.02)

    def _one(self) -> int | str:
        try:
            return _get(self._target, "nutri-backend", "/health/live").status_code
        except httpx.HTTPError as error:
            return type(error).__name__


def test_a_new_tag_drops_no_request(stack: Stack, target: Target) -> None:
    """Replicas are rolled one after another, so that one always serves."""
    stack.change("nutri-backend", tag="good-2")
    with _Traffic(target) as traffic:
        stack.up()
    assert _version(target) == "good-2"
    assert len(traffic.answers) > 100
    assert [answer for answer in traffic.answers if answer != 200] == []


def test_a_tag_that_never_gets_healthy_fails_the_update(stack: Stack, target: Target) -> None:
    """The update fails with the container's lines; the old version serves, its tag is stored."""
    stack.change("nutri-backend", tag="never-healthy")
    with _Traffic(target) as traffic:
        done = stack.pulumi("up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "nutri-backend-1 (tag never-healthy) ended as failed" in stack.last
    assert "Traceback" not in stack.last
    assert [answer for answer in traffic.answers if answer != 200] == []
    assert _version(target) == "good-2"
    assert _stored_tags(stack, target) == {"good-2"}


def test_the_next_up_mends_it(stack: Stack) -> None:
    """With the good tag back in the config, nothing is left to do for the applications.

    All is verified all the same, and once it is, that is over.
    """
    stack.change("nutri-backend", tag="good-2")
    changes = stack.up()
    assert changes["update"] >= 1
    assert set(changes) == {"update"}
    assert "verification" in stack.last
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last


def test_rollback_goes_to_the_tag_verified_before(stack: Stack, target: Target) -> None:
    """The config keeps it, nothing is left to do, and no user notices."""
    with watching(target, _backend(target), rate=20) as monitor:
        done = stack.runbook("rollback", "nutri-backend", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["from"], told["to"]) == ("good-2", "good-1")
    assert (monitor.report().kinds, monitor.report().requests > 100) == ({}, True)
    assert _version(target) == "good-1"
    assert stack.tag() == "good-1"
    stack.change("nutri-backend", tag="good-1")
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last


def test_emergency_rollback_without_coolify(
    stack: Stack, target: Target, server: SshClient
) -> None:
    """Docker alone brings the tag; the checks tell the drift until the engine catches up."""
    server.run("docker stop coolify")
    with watching(target, _backend(target), rate=20) as monitor:
        done = stack.runbook("rollback", "nutri-backend", "good-2", "--emergency", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert monitor.report().kinds == {}
    assert _version(target) == "good-2"
    drift = stack.runbook("check", "containers")
    assert (drift.returncode, "instead of" in drift.stdout) == (1, True), drift.stdout
    server.run("docker start coolify")
    alive = "curl -sf http://127.0.0.1:8000/api/health"
    server.run(f"timeout 90 sh -c 'until {alive}; do sleep 1; done'", timeout=100)
    stack.change("nutri-backend", tag="good-2")
    assert set(stack.up()) == {"update"}
    assert stack.runbook("check", "containers").returncode == 0


@pytest.mark.parametrize(
    ("moment", "cut"),
    [pytest.param(*one, id=sample.seeded(*one)) for one in sample.some(DEPLOYS, CUTS, 2)],
)
def test_cut_off_in_the_middle_the_same_command_heals(
    stack: Stack, tmp_path: Path, moment: Moment, cut: Cut
) -> None:
    """A sample of the matrix in docs/cuts.md, by a seed."""
    scene = Scene(stack, tmp_path)
    combine(scene, moment, cut)
    stack.config["nutri:services"] = scene.config()["nutri:services"]


def test_another_server_type_keeps_the_data(stack: Stack, target: Target) -> None:
    """A bigger tier resizes the machine; files, volumes and services come back."""
    with SshClient(target.servers[0].ssh) as server:
        server.run("echo kept > /root/kept; docker volume create kept >/dev/null")
    assert stack.runbook("snapshot", "create").returncode == 0
    stack.config |= {"nutri:tier": "medium", "nutri:acknowledge": ["server:resize-to-cx43"]}
    changes = stack.up()
    del stack.config["nutri:acknowledge"]
    assert set(changes) == {"update"}
    resized = stack.cloud.api(f"/servers/{target.servers[0].id}")["server"]
    assert (resized["server_type"]["name"], resized["status"]) == ("cx43", "running")
    with SshClient(target.servers[0].ssh) as server:
        assert server.run("cat /root/kept; docker volume ls -q").stdout.split()[0] == "kept"
        assert "kept" in server.run("docker volume ls -q").stdout.split()
    assert _version(target) == "good-2"


def test_red_checks_fail_the_update(stack: Stack) -> None:
    """A budget nobody can meet turns a check red, and the update says which and what to do."""
    good = dict(stack.config)
    stack.config |= {"nutri:liveLatencyMs": 1, "nutri:settleSeconds": 5}
    done = stack.pulumi("up", "--yes", "--skip-preview")
    stack.config = good
    assert done.returncode != 0
    assert re.search(r"RED +D1 latency nutri-backend", stack.last)
    assert "Traceback" not in stack.last
    assert set(stack.up()) <= {"update"}


def test_destroy_is_refused_while_protected(stack: Stack, target: Target) -> None:
    """Neither the guard nor Pulumi nor the API lets the server go."""
    done = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "guard:delete" in stack.last
    assert stack.cloud.api(f"/servers/{target.servers[0].id}")["server"]["status"] == "running"
    answer = httpx.delete(
        f"{stack.cloud.endpoint}/servers/{target.servers[0].id}",
        headers={"Authorization": f"Bearer {target.hetzner.token.get_secret_value()}"},
        timeout=30,
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (423, "protected")


def test_destroy_after_the_protection_is_lifted(stack: Stack) -> None:
    """With `protect` false and all deletions agreed to, destroy leaves nothing in the cloud."""
    stack.config |= {"nutri:protect": False, "nutri:acknowledge": ["*:delete"]}
    stack.up()
    done = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert done.returncode == 0, stack.last
    left: dict[str, Any] = {
        noun: stack.cloud.api(f"/{noun}")[noun]
        for noun in ("servers", "primary_ips", "firewalls", "ssh_keys", "zones")
    }
    assert left == {noun: [] for noun in left}
    assert hetzner().problems(asked.of_hetzner(stack.cloud)) == []
