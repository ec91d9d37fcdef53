"""A container's like with another image, from what `docker inspect` told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from common.errors import OperatorError
from runbook.rollback.clone import MARK, Inspected, clone, new_name, parse_container, parse_image
from tests.unit.rollback.conftest import IMAGE

WANTED = f"{IMAGE}:good-0"


def _changed(container: Inspected, **config: Any) -> Inspected:  # noqa: ANN401 - JSON
    return container.model_copy(update={"config": container.config | config})


def test_the_images_own_defaults_stay_behind(
    container: Inspected, defaults: dict[str, Any]
) -> None:
    """The old image's VERSION would make the new one tell a wrong one, its PATH a broken one."""
    assert "VERSION=good-1" in container.config["Env"]
    made = clone(container, defaults, WANTED, "new").body
    keys = {entry.partition("=")[0] for entry in made["Env"]}
    assert keys == {
        *("SOURCE_COMMIT", "COOLIFY_URL", "COOLIFY_FQDN", "COOLIFY_BRANCH"),
        *("COOLIFY_RESOURCE_UUID", "COOLIFY_CONTAINER_NAME"),
        *("DRAIN_SECONDS", "ML_SERVICE_URL", "PORT", "HOST"),
    }
    assert not {"Cmd", "Entrypoint", "User", "ExposedPorts", "WorkingDir"} & set(made)


def test_what_is_the_containers_own_is_kept(container: Inspected, defaults: dict[str, Any]) -> None:
    """Labels that route to it, its health check, its limits, its network."""
    made = clone(container, defaults, WANTED, "new").body
    assert made["Image"] == WANTED
    assert made["Healthcheck"] == container.config["Healthcheck"]
    assert made["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert made["HostConfig"]["LogConfig"] == container.host_config["LogConfig"]
    assert made["Labels"] == {**container.config["Labels"], MARK: "good-0"}
    assert made["Labels"]["coolify.name"]
    assert made["Labels"]["traefik.http.services.nutri-backend.loadbalancer.server.port"] == "3000"


def test_what_names_the_old_container_is_not_kept(
    container: Inspected, defaults: dict[str, Any]
) -> None:
    """Host name, aliases and the name Coolify tells it would be those of another container."""
    made = clone(container, defaults, WANTED, "new").body
    assert "Hostname" not in made
    assert "COOLIFY_CONTAINER_NAME=new" in made["Env"]
    endpoints = made["NetworkingConfig"]["EndpointsConfig"]
    assert endpoints == {"coolify": {"Aliases": ["nutri-backend"]}}
    assert container.id[:12] not in str(made)
    assert container.id not in str(made)


def test_a_host_name_of_its_own_is_kept(container: Inspected, defaults: dict[str, Any]) -> None:
    """Somebody has set it."""
    made = clone(_changed(container, Hostname="api"), defaults, WANTED, "new").body
    assert made["Hostname"] == "api"


def test_an_entrypoint_of_its_own_brings_its_command(
    container: Inspected, defaults: dict[str, Any]
) -> None:
    """Docker drops the image's command where an entrypoint is set."""
    made = clone(_changed(container, Entrypoint=["tini", "--"]), defaults, WANTED, "new").body
    assert (made["Entrypoint"], made["Cmd"]) == (["tini", "--"], ["python3", "/app/app.py"])
    only = clone(_changed(container, Cmd=["python3", "-V"]), defaults, WANTED, "new").body
    assert only["Cmd"] == ["python3", "-V"]
    assert "Entrypoint" not in only


def test_further_networks_are_joined_later(defaults: dict[str, Any], container: Inspected) -> None:
    """The API takes one network at creation: the one that is its mode."""
    networks = {"other": {"Aliases": ["x", container.id[:12]]}, "coolify": {"Aliases": None}}
    several = Inspected.model_validate(
        container.model_dump(by_alias=True) | {"NetworkSettings": {"Networks": networks}}
    )
    made = clone(several, defaults, WANTED, "new")
    assert list(made.body["NetworkingConfig"]["EndpointsConfig"]) == ["coolify"]
    assert made.further == {"other": ("x",)}


def test_the_body_is_json(container: Inspected, defaults: dict[str, Any]) -> None:
    """A value with quotes and line ends goes through whole."""
    env = [*container.config["Env"], "KEY=a 'b' \"c\"\nd"]
    made = clone(_changed(container, Env=env), defaults, WANTED, "new")
    assert r"KEY=a 'b' \"c\"\nd" in made.as_json()


def test_names_are_as_coolify_gives_them() -> None:
    """The application and twelve digits, so that everything finds it as it finds others."""
    assert new_name("app", datetime(2026, 1, 31, 1, 2, 3, 45, tzinfo=UTC)) == "app-010203000045"


@pytest.mark.parametrize("text", ["", "[]", "{}", '[{"Id": "secret"}]', "secret"])
def test_another_form_is_an_error_that_repeats_nothing(text: str) -> None:
    """The output holds secrets of the app."""
    for parse in (parse_container, parse_image):
        with pytest.raises(OperatorError, match="in another form") as caught:
            parse(text)
        assert "secret" not in str(caught.value)
