"""Services are data: two more of them, their values, volumes and secrets, on the real engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clients.coolify import variables
from clients.coolify.client import over
from clients.ssh import SshClient
from tests.e2e.conftest import ask
from tests.e2e.services.conftest import ODD, SESAME

if TYPE_CHECKING:
    from common.target import ServiceTarget, Target
    from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(1500)]

_BY_HAND = {"BY_HAND": "sesame-by-hand"}


def _service(target: Target, name: str) -> ServiceTarget:
    return next(one for one in target.services if one.name == name)


def _in_container(server: SshClient, service: ServiceTarget, *words: str) -> str:
    application = service.applications[0]
    found = server.run(["docker", "ps", "-q", "--filter", f"label=coolify.name={application}"])
    return server.run(["docker", "exec", found.stdout.split()[0], *words]).stdout


def _subjects(stack: Stack) -> dict[str, set[str]]:
    told: dict[str, Any] = json.loads(stack.runbook("check", "--json").stdout)
    assert [one for one in told["results"] if one["status"] == "red"] == []
    found: dict[str, set[str]] = {}
    for one in told["results"]:
        found.setdefault(one["check"], set()).add(one["subject"])
    return found


def test_everything_follows_from_the_data(stack: Stack, target: Target) -> None:
    """Names, certificate and checks of what the world reaches; containers of them all."""
    assert [one.name for one in target.services] == [
        "nutri-ml-service",
        "nutri-backend",
        "nutri-worker",
        "nutri-admin",
    ]
    assert ask(target, "admin.nutri.test", "/health").status_code == 200
    found = _subjects(stack)
    reached = {"nutri-ml-service", "nutri-backend", "nutri-admin"}
    for check in ("dns", "certificate", "redirect", "maintenance"):
        assert found[check] == reached, check
    assert found["containers"] == reached | {"nutri-worker"}
    assert "nutri-worker" not in found["health"]


def test_values_arrive_byte_for_byte(target: Target) -> None:
    """Through config, engine, Coolify, env file and Docker."""
    backend = _service(target, "nutri-backend")
    with SshClient(target.servers[0].ssh) as server:
        for name, value in ODD.items():
            assert _in_container(server, backend, "printenv", name) == f"{value}\n", name
        assert _in_container(server, backend, "printenv", "TRUST_PROXY") == "1\n"


def test_limits_are_dockers(target: Target) -> None:
    """Memory and processors, as Docker has them."""
    (application,) = _service(target, "nutri-admin").applications
    show = "docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' "
    with SshClient(target.servers[0].ssh) as server:
        told = server.run(f"{show} $(docker ps -q --filter label=coolify.name={application})")
    assert told.stdout.split() == [str(256 * 2**20), "500000000"]


def test_a_deploy_of_any_service_is_one_word(stack: Stack, target: Target) -> None:
    """Of a worker, which nobody asks, and of one that stops before it starts; a file stays."""
    ml = _service(target, "nutri-ml-service")
    folder = "/home/mlservice/.cache/huggingface"
    with SshClient(target.servers[0].ssh) as server:
        _in_container(server, ml, "sh", "-c", f"echo kept > {folder}/model")
    tags = {"nutri-worker": "drain-2", "nutri-admin": "drain-2", "nutri-ml-service": "good-2"}
    for name, tag in tags.items():
        words = ("deploy", name, tag, "--yes", "--json", "--rate", "10", "--requests", "50")
        done = stack.runbook(*words, timeout=900)
        stack.change(name, tag=stack.tag(name))
        assert done.stdout, done.stderr
        assert json.loads(done.stdout)["updated"], done.stderr
    after = stack.described()
    assert {one.name: one.tag for one in after.services} == {**tags, "nutri-backend": "good-1"}
    with SshClient(target.servers[0].ssh) as server:
        assert _in_container(server, ml, "cat", f"{folder}/model") == "kept\n"


def test_a_volume_goes_by_agreement_alone(stack: Stack) -> None:
    """What is on it would be lost."""
    stack.change("nutri-ml-service", volumes=None)
    done = stack.pulumi("preview")
    stack.change("nutri-ml-service", volumes={})
    assert done.returncode != 0
    assert "it is without its volumes huggingface" in stack.last
    assert "nutri-ml-service-1:volumes" in stack.last


def test_no_secret_is_plain(stack: Stack) -> None:
    """In the config, the state, a preview with its diff, a saved plan, outputs and history."""
    stack.change("nutri-backend", variables={"PLAIN": "to-be-seen"})
    plan = stack.folder / "plan.json"
    stack.pulumi("preview", "--diff", "--save-plan", str(plan))
    told = stack.last
    stack.pulumi("stack", "output", "--json")
    told += stack.last + plan.read_text() + stack.config_file.read_text()
    stack.pulumi("stack", "history", "--json")
    told += stack.last
    stack.pulumi("stack", "export")
    told += stack.last
    written = [one for one in stack.folder.rglob("state/**/*") if one.is_file()]
    told += "".join(one.read_text(errors="replace") for one in written)
    assert len(written) > 1
    assert "to-be-seen" in stack.config_file.read_text()
    assert SESAME not in told
    stack.change("nutri-backend", variables={"PLAIN": None})


def test_what_was_set_in_the_dashboard_goes_by_agreement(stack: Stack, target: Target) -> None:
    """Told in the preview by its fingerprint, it stays through an update, and goes when agreed."""
    (first, _) = _service(target, "nutri-backend").applications
    with (
        SshClient(target.servers[0].ssh) as server,
        over(server, target.coolify) as client,
    ):
        variables.write(client, first, _BY_HAND)
        stack.pulumi("preview", "--diff")
        assert "BY_HAND (" in stack.last
        assert _BY_HAND["BY_HAND"] not in stack.last
        red = stack.runbook("check", "variables")
        assert (red.returncode, "BY_HAND" in red.stdout) == (1, True), red.stdout
        stack.up()
        assert "BY_HAND" in variables.read(client, first)
        stack.config["nutri:acknowledge"] = ["nutri-backend-1:variables"]
        stack.up()
        del stack.config["nutri:acknowledge"]
        assert "BY_HAND" not in variables.read(client, first)
    assert stack.runbook("check", "variables").returncode == 0
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last
