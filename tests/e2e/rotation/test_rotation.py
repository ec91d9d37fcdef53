"""Secrets changed on a platform that is up, from a new value to the proof that the old is dead."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from clients.coolify.client import over
from clients.coolify.errors import CoolifyDeniedError
from clients.ssh import SshClient, SshPermissionDeniedError
from localcloud.node import docker_engine
from localcloud.settings import DEMO_TOKEN
from tests.e2e.data.conftest import configure

if TYPE_CHECKING:
    from common.target import Target
    from tests.e2e.rotation.conftest import Rotating

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

_FAILS = {"method": "GET", "path": "locations", "status": 401, "code": "unauthorized"}
"""What makes the next update fail before it has done anything."""
NEW_TOKEN = "anewtoken" + "0" * 55
NEW_PASSWORD = "a-new-password-of-the-registry"


def _admits(target: Target, token: str) -> bool:
    coolify = target.coolify.model_copy(update={"token": SecretStr(token)})
    with SshClient(target.servers[0].ssh) as ssh, over(ssh, coolify) as client:
        try:
            client.get("/version")
        except CoolifyDeniedError:
            return False
    return True


def _logs_in(target: Target, old: Target) -> bool:
    """Whether the key of before opens the server."""
    way = target.servers[0].ssh.model_copy(update={"private_key": old.servers[0].ssh.private_key})
    try:
        with SshClient(way) as client:
            client.run("true")
    except SshPermissionDeniedError:
        return False
    return True


def _opens(target: Target, password: str) -> bool:
    """Whether a password opens the dumps' repository, by restic itself."""
    with SshClient(target.servers[0].ssh) as ssh:
        return bool(json.loads(ssh.run("nutri-dump key-opens", stdin=password).stdout)["opens"])


def test_the_token_of_coolify(rotating: Rotating) -> None:
    """A failure in the middle leaves both valid; the same command goes on to the end."""
    stack = rotating.stack
    old = stack.described().coolify.token.get_secret_value()
    stack.cloud.knob("POST", "/faults", _FAILS)
    failed = rotating("coolify-token")
    assert failed.returncode == 1, failed.stderr
    assert "the same command goes on from here" in failed.stderr
    assert _admits(stack.described(), old)
    assert "HTTP 401 for the old one" in rotating.done("coolify-token")
    target = stack.described()
    new = target.coolify.token.get_secret_value()
    assert new != old
    assert (_admits(target, old), _admits(target, new)) == (False, True)
    assert rotating.is_over(), stack.last
    assert old not in failed.stdout + failed.stderr


@pytest.mark.long
def test_the_ssh_key(rotating: Rotating) -> None:
    """Nobody is locked out in between, and Hetzner has one key of that name all the time."""
    stack = rotating.stack
    old = stack.described()
    names = {one["name"] for one in stack.cloud.api("/ssh_keys")["ssh_keys"]}
    stack.cloud.knob("POST", "/faults", _FAILS)
    assert rotating("ssh-key").returncode == 1
    assert _logs_in(old, old)
    rotating.done("ssh-key")
    target = stack.described()
    assert not _logs_in(target, old)
    assert _logs_in(target, target)
    assert {one["name"] for one in stack.cloud.api("/ssh_keys")["ssh_keys"]} == names
    assert rotating.is_over(), stack.last


@pytest.mark.long
def test_a_secret_of_the_app(rotating: Rotating) -> None:
    """With the old one kept beside it for the sessions there are."""
    key = "nutri:secrets.nutri-backend.JWT_SECRET"
    old = rotating.value(key)
    said = rotating.done("app-secret", "JWT_SECRET", "--keep-as", "JWT_SECRET_BEFORE")
    assert "2 containers have the new value, none the old one" in said
    assert rotating.value(key) != old
    assert rotating.value("nutri:secrets.nutri-backend.JWT_SECRET_BEFORE") == old
    assert rotating.is_over(), rotating.stack.last


@pytest.mark.long
def test_the_password_of_the_database(rotating: Rotating) -> None:
    """Users are watched: what opens a connection before its own turn is refused, and told."""
    said = rotating.done("database-password")
    seen = re.search(r"(\d+) of (\d+) requests? dropped", said)
    assert seen
    assert int(seen[1]) <= int(seen[2]) / 100, said
    assert re.search("(password|sasl) authentication failed", said.lower()), (
        said
    )  # as the pooler says
    assert "localcloud-database" not in rotating.value("nutri:databaseUrl")
    assert rotating.is_over(), rotating.stack.last


@pytest.mark.long
def test_the_password_of_the_dumps(rotating: Rotating) -> None:
    """Cut off in the middle it goes on; what was dumped before comes back by the new one alone."""
    stack = rotating.stack
    configure(stack)
    stack.up()
    taken = json.loads(stack.runbook("dump", "now", "--json").stdout)
    old = rotating.value("nutri:resticPassword")
    stack.cloud.knob("POST", "/faults", _FAILS)
    failed = rotating("restic-password")
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "wrong password, for the old one; the new one opens it" in rotating.done(
        "restic-password"
    )
    assert rotating.value("nutri:resticPassword") != old
    assert not _opens(stack.described(), old)
    assert _opens(stack.described(), rotating.value("nutri:resticPassword"))
    restored = stack.runbook("restore", "--to", "scratch", "--json")
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert json.loads(restored.stdout)["dump"]["run"] == taken["run"]
    assert rotating.is_over(), stack.last


@pytest.mark.long
def test_the_password_of_the_registry(rotating: Rotating) -> None:
    """One that is no good changes nothing; the right one pulls."""
    stack = rotating.stack
    wrong = rotating("registry-password", given=NEW_PASSWORD)
    assert wrong.returncode == 2, wrong.stdout + wrong.stderr
    assert "nothing was changed" in wrong.stderr
    prefix = stack.cloud.lane.instance(stack.cloud.home).prefix
    container = docker_engine.connect().containers.get(f"{prefix}-services")
    change = f"htpasswd -n -b -B -C 4 nutri {NEW_PASSWORD} >/run/services/htpasswd"
    assert container.exec_run(["sh", "-c", change]).exit_code == 0
    said = rotating.done("registry-password", given=NEW_PASSWORD)
    assert "pulled with it" in said
    assert "the old one: refused" in said
    assert rotating.value("nutri:registryPassword") == NEW_PASSWORD
    assert rotating.is_over(), stack.last


@pytest.mark.long
def test_the_token_of_hetzner(rotating: Rotating) -> None:
    """It is told that the old one still works; once it is revoked the same command sees it."""
    knob = rotating.stack.cloud.knob
    knob("PATCH", "/knobs", {"tokens": [DEMO_TOKEN, NEW_TOKEN]})
    first = rotating("hetzner-token", given=NEW_TOKEN)
    assert first.returncode == 1, first.stdout + first.stderr
    assert "the old one still works: revoke it" in first.stdout
    knob("PATCH", "/knobs", {"tokens": [NEW_TOKEN]})
    try:
        assert "the old one: refused" in rotating.done("hetzner-token")
    finally:
        knob("PATCH", "/knobs", {"tokens": [DEMO_TOKEN, NEW_TOKEN]})
    assert rotating.is_over(), rotating.stack.last
