"""From an application's rows to the container: name, image, labels, health, limits, options."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from localcloud.coolify.applications.images import deployed
from localcloud.coolify.deploy.options import custom
from localcloud.coolify.deploy.plan import Plan, make_plan
from localcloud.coolify.deploy.spec import run_script

UUID = "k" * 24
APP: dict[str, Any] = {
    "id": 7,
    "uuid": UUID,
    "name": "Nutri Backend 1",
    "project_name": "nutri",
    "environment_name": "production",
    "network": "coolify",
    "fqdn": "https://api.nutri.test",
    "git_branch": "main",
    "docker_registry_image_name": "ghcr.localcloud.test/nutri/backend",
    "docker_registry_image_tag": "good-1",
    "custom_network_aliases": "nutri-backend,api",
    "custom_labels": "traefik.enable=true\ncoolify.name=stolen\nprice=1$",
    "ports_exposes": "3000,9000",
    "ports_mappings": None,
    "custom_docker_run_options": None,
    "health_check_enabled": True,
    "health_check_type": "http",
    "health_check_command": None,
    "health_check_path": "/health",
    "health_check_port": None,
    "health_check_host": "localhost",
    "health_check_method": "GET",
    "health_check_scheme": "http",
    "health_check_interval": 5,
    "health_check_timeout": 3,
    "health_check_retries": 10,
    "health_check_start_period": 2,
    "limits_memory": "512m",
    "limits_memory_swap": "0",
    "limits_memory_reservation": "0",
    "limits_memory_swappiness": 60,
    "limits_cpus": "0.5",
    "limits_cpuset": None,
    "limits_cpu_shares": 1024,
}
SETTINGS: dict[str, Any] = {
    "is_env_sorting_enabled": False,
    "is_container_label_escape_enabled": True,
    "is_consistent_container_name_enabled": False,
    "custom_internal_name": None,
}


def variable(key: str, value: str, **flags: object) -> dict[str, Any]:
    """A row of an environment variable."""
    row = {"id": len(key), "is_runtime": True, "is_literal": False, "is_multiline": False}
    return {**row, "key": key, "value": value, **flags}


DEPLOYMENT = {"deployment_uuid": "d0", "commit": "HEAD"}


def plan(*variables: dict[str, Any], settings: dict[str, Any] | None = None, **app: object) -> Plan:
    """The plan of the application with changes."""
    return make_plan(
        {**APP, **app}, {**SETTINGS, **(settings or {})}, variables, "4.3.10", DEPLOYMENT
    )


def test_the_name_is_new_each_time() -> None:
    """The uuid, and twelve digits from the clock."""
    container = plan().container
    assert re.fullmatch(rf"{UUID}-\d{{12}}", container.name)
    assert container.aliases == (container.name, "nutri-backend", "api")
    assert container.image == "ghcr.localcloud.test/nutri/backend:good-1"


def test_coolifys_own_labels_cannot_be_set() -> None:
    """Lines that begin with coolify. are stripped, and the real ones are added."""
    labels = plan().container.labels
    assert labels["coolify.name"] == UUID
    assert labels["coolify.applicationId"] == "7"
    assert labels["coolify.resourceName"] == "nutri-backend-1"
    assert labels["coolify.managed"] == "true"
    assert labels["coolify.pullRequestId"] == "0"
    assert labels["com.docker.compose.project"] == UUID
    assert labels["traefik.enable"] == "true"


def test_dollar_signs_in_labels() -> None:
    """Escaped they arrive as they are, though doubled in the file; else they are looked up."""
    escaped = plan(custom_labels="price=1$\nrule=$PORT")
    assert escaped.container.labels["price"] == "1$"
    assert escaped.container.labels["rule"] == "$PORT"
    assert "rule=$$PORT" in escaped.compose_text
    raw = plan(
        custom_labels="rule=$PORT",
        settings={"is_container_label_escape_enabled": False},
    )
    assert raw.container.labels["rule"] == "3000"


def test_what_coolify_adds_to_the_environment() -> None:
    """PORT is the first exposed port, HOST everywhere, and a variable of ours goes before."""
    environment = plan(variable("MINE", "1")).container.environment
    assert environment["PORT"] == "3000"
    assert environment["HOST"] == "0.0.0.0"  # noqa: S104 - what Coolify sets
    assert environment["COOLIFY_FQDN"] == "api.nutri.test"
    assert environment["COOLIFY_RESOURCE_UUID"] == UUID
    assert environment["MINE"] == "1"
    assert plan(variable("PORT", "8080")).container.environment["PORT"] == "8080"
    assert "BUILD" not in plan(variable("BUILD", "1", is_runtime=False)).container.environment


def test_the_check_runs_curl_or_wget_inside() -> None:
    """Against the first exposed port unless told otherwise; a command is taken as it is."""
    health = plan().container.health
    assert health is not None
    assert "curl -s -X GET -f http://localhost:3000/health " in health.command
    assert (health.interval, health.timeout, health.retries, health.start_period) == (5, 3, 10, 2)
    own = plan(health_check_type="cmd", health_check_command="node check.js").container.health
    assert own is not None
    assert own.command == "node check.js"
    assert plan(health_check_enabled=False).container.health is None


@pytest.mark.parametrize(
    ("app", "settings"),
    [
        ({"ports_mappings": "80:3000"}, {}),
        ({"custom_docker_run_options": "--ip 10.0.0.9"}, {}),
        ({}, {"is_consistent_container_name_enabled": True}),
        ({}, {"custom_internal_name": "mine"}),
    ],
)
def test_some_settings_rule_a_rolling_update_out(
    app: dict[str, str], settings: dict[str, Any]
) -> None:
    """Two containers could not live side by side; the reason is told."""
    found = plan(settings=settings, **app)
    assert not found.rolling
    assert len(found.why_not_rolling) == 1
    assert plan().rolling


def test_the_command_has_limits_labels_and_health() -> None:
    """Everything docker needs, quoted for the shell; "0" means no limit."""
    script = run_script(plan(variable("SECRET", "hush")).container)
    command = script.splitlines()[0]
    assert "--memory 512m" in command
    assert "--memory-swap" not in command
    assert "--cpus 0.5" in command
    assert "--restart unless-stopped --network coolify --network-alias" in command
    assert "--health-interval=5s" in command
    assert "hush" not in command
    assert "\nSECRET=hush\n" in script


def test_the_compose_file_says_the_same() -> None:
    """The file Coolify leaves on the server is a compose file of that one container."""
    found = plan()
    document = yaml.safe_load(found.compose_text)
    service = document["services"][found.container.name]
    assert service["image"] == found.container.image
    assert service["networks"]["coolify"]["aliases"] == list(found.container.aliases)
    assert service["healthcheck"]["interval"] == "5s"
    assert document["networks"]["coolify"]["external"] is True


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("--cap-add NET_ADMIN --volume /:/host --init", ("--cap-add", "NET_ADMIN", "--init")),
        ("--ulimit=nofile=1024:2048", ("--ulimit", "nofile=1024:2048")),
        ("--restart=always --env A=1 --replicas 3", ()),
        ("--hostname --init", ("--init",)),
        (None, ()),
    ],
)
def test_docker_options_that_are_taken(text: str | None, taken: tuple[str, ...]) -> None:
    """Others are dropped without a word."""
    assert custom(text) == taken


@pytest.mark.parametrize(
    ("name", "tag", "reference"),
    [
        ("img", "1", "img:1"),
        ("img", None, "img:latest"),
        ("img@sha256", "a" * 64, f"img@sha256:{'a' * 64}"),
        ("img", f"sha256-{'a' * 64}", f"img@sha256:{'a' * 64}"),
    ],
)
def test_references_to_pull(name: str, tag: str | None, reference: str) -> None:
    """Both ways of storing a digest lead to the same reference."""
    assert deployed(name, tag) == reference
