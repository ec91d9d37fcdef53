"""Applications made of images: create, read, change, delete, labels and domains."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.coolify_double import IMAGE

if TYPE_CHECKING:
    from tests.contract.coolify_double import CoolifyDouble


def encoded(*lines: str) -> str:
    """Labels as the API takes them."""
    return base64.b64encode("\n".join(lines).encode()).decode()


def shown(coolify: CoolifyDouble, uuid: str) -> dict[str, Any]:
    """An application as a root token sees it."""
    return dict(coolify.ok("GET", f"/applications/{uuid}"))


def test_create_answers_uuid_and_domains_alone(coolify: CoolifyDouble) -> None:
    """No deployment uuid comes back, and nothing is deployed."""
    body = {
        **IMAGE,
        "project_uuid": coolify.project(),
        "server_uuid": coolify.server(),
        "environment_name": "production",
        "autogenerate_domain": False,
    }
    answer = coolify.call("POST", "/applications/dockerimage", body)
    assert answer.status_code == 201
    assert answer.json().keys() == {"uuid", "domains"}
    assert answer.json()["domains"] is None
    assert len(answer.json()["uuid"]) == 24
    app = shown(coolify, answer.json()["uuid"])
    assert (app["build_pack"], app["docker_registry_image_tag"]) == ("dockerimage", "latest")
    assert app["name"].startswith("docker-image-")
    assert coolify.docker.scripts == []


def test_every_documented_field_is_there_but_hidden_ones(coolify: CoolifyDouble) -> None:
    """The answer has what the document lists; the number is hidden, settings are nested."""
    app = shown(coolify, coolify.application())
    assert coolify.contract.documented("Application") - app.keys() <= {"id", "deleted_at"}
    assert coolify.contract.documented("ApplicationSetting") <= app["settings"].keys()
    assert app["health_check_enabled"] is False
    assert (app["status"], app["server_status"]) == ("exited:unhealthy", True)


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"project_uuid": "nobody"}, 404, "Project not found."),
        ({"server_uuid": "nobody"}, 404, "Server not found."),
        ({"environment_name": "nowhere"}, 404, "Environment not found."),
        ({"environment_name": None}, 422, "at least one of environment_name"),
        ({"docker_registry_image_name": None}, 422, "Validation failed."),
        ({"docker_registry_image_name": "UPPER/case"}, 422, "Validation failed."),
        ({"swarm_replicas": 2}, 422, "Validation failed."),
        ({"is_container_label_readonly_enabled": False}, 422, "Validation failed."),
        ({"ports_exposes": "http"}, 422, "Validation failed."),
        ({"ports_mappings": "80:80,80:81"}, 422, "Validation failed."),
        ({"custom_labels": "no base64!"}, 422, "Validation failed."),
        ({"domains": "api.example.org"}, 422, "Validation failed."),
        ({"health_check_command": "curl $(id)"}, 422, "Validation failed."),
        ({"stop_grace_period": 3601}, 422, "Validation failed."),
    ],
)
def test_create_refuses(
    coolify: CoolifyDouble, change: dict[str, Any], status: int, part: str
) -> None:
    """Places that do not exist, fields Coolify does not know and values it does not take."""
    body = {
        **IMAGE,
        "project_uuid": coolify.project(),
        "server_uuid": coolify.server(),
        "environment_name": "production",
        **change,
    }
    found, answer = coolify.refused("POST", "/applications/dockerimage", body)
    assert (found, part in answer["message"]) == (status, True)
    assert coolify.ok("GET", "/applications") == []


def test_a_server_with_two_networks_needs_to_be_told_which(coolify: CoolifyDouble) -> None:
    """With one destination there is no question; with two it has to be answered."""
    server = coolify.server()
    path = f"/servers/{server}/destinations"
    second = coolify.ok("POST", path, {"name": "second", "network": "second"})["uuid"]
    assert coolify.refused("POST", path, {"name": "again", "network": "second"})[0] == 409
    body = {
        **IMAGE,
        "project_uuid": coolify.project(),
        "server_uuid": server,
        "environment_name": "production",
    }
    assert coolify.refused("POST", "/applications/dockerimage", body)[0] == 400
    wrong = {**body, "destination_uuid": "nobody"}
    assert coolify.refused("POST", "/applications/dockerimage", wrong)[0] == 422
    assert coolify.ok("POST", "/applications/dockerimage", {**body, "destination_uuid": second})


def test_a_domain_is_made_up_unless_switched_off(coolify: CoolifyDouble) -> None:
    """The default is an sslip-style address, with the labels that lead to it."""
    uuid = coolify.application(autogenerate_domain=True)
    app = shown(coolify, uuid)
    assert app["fqdn"] == f"http://{uuid}.127.0.0.1.sslip.io"
    lines = app["custom_labels"].splitlines()  # those Coolify makes are no base64
    assert f"traefik.http.services.http-0-{uuid}.loadbalancer.server.port=3000" in lines


def test_labels_sent_on_create_are_lost(coolify: CoolifyDouble) -> None:
    """They are overwritten by generated ones, so they have to be sent afterwards, alone."""
    uuid = coolify.application(custom_labels=encoded("mine=1"))
    assert shown(coolify, uuid)["custom_labels"] == ""
    coolify.ok("PATCH", f"/applications/{uuid}", {"custom_labels": encoded("mine=1")})
    assert shown(coolify, uuid)["custom_labels"] == encoded("mine=1")


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"docker_registry_image_tag": "good-2", "health_check_enabled": True}, True),
        ({"stop_grace_period": 20}, True),
        ({"is_gzip_enabled": False}, False),
        ({"is_stripprefix_enabled": True}, False),
        ({"domains": "https://api.nutri.test"}, False),
        ({"http_basic_auth_username": "me"}, False),
    ],
)
def test_some_changes_write_generated_labels_over_custom_ones(
    coolify: CoolifyDouble, change: dict[str, Any], kept: bool
) -> None:
    """Domains, gzip, prefix and basic auth do; everything else leaves labels alone."""
    uuid = coolify.application()
    coolify.ok("PATCH", f"/applications/{uuid}", {"custom_labels": encoded("mine=1")})
    coolify.ok("PATCH", f"/applications/{uuid}", change)
    assert (shown(coolify, uuid)["custom_labels"] == encoded("mine=1")) is kept


def test_what_is_written_flat_is_read_below_settings(coolify: CoolifyDouble) -> None:
    """Domains are read as fqdn, settings nested, the health port as text."""
    uuid = coolify.application()
    answer = coolify.call(
        "PATCH",
        f"/applications/{uuid}",
        {
            "domains": "https://API.nutri.test/,http://other.nutri.test",
            "stop_grace_period": 20,
            "use_build_server": True,
            "health_check_port": 3000,
            "custom_network_aliases": "nutri backend, api",
        },
    )
    assert (answer.status_code, answer.json()) == (200, {"uuid": uuid})
    app = shown(coolify, uuid)
    assert app["fqdn"] == "https://api.nutri.test/,http://other.nutri.test"
    assert app["settings"]["stop_grace_period"] == 20
    assert app["settings"]["is_build_server_enabled"] is True
    assert app["health_check_port"] == "3000"
    assert app["custom_network_aliases"] == "nutri-backend,api"
    assert coolify.docker.scripts == []


@pytest.mark.parametrize("field", ["project_uuid", "tags", "autogenerate_domain", "swarm_replicas"])
def test_a_patch_takes_no_placement(coolify: CoolifyDouble, field: str) -> None:
    """What belongs to creation alone is refused afterwards, and nothing is changed."""
    uuid = coolify.application()
    status, body = coolify.refused(
        "PATCH", f"/applications/{uuid}", {"name": "changed", field: "x"}
    )
    assert (status, body["errors"]) == (422, {field: ["This field is not allowed."]})
    assert shown(coolify, uuid)["name"] == "app"


def test_a_domain_of_another_application_is_a_conflict(coolify: CoolifyDouble) -> None:
    """The 409 names who has it; an override, one's own domain and another scheme go through."""
    first = coolify.application("first", domains="https://api.nutri.test")
    second = coolify.application("second")
    coolify.ok("PATCH", f"/applications/{second}", {"domains": "http://api.nutri.test"})
    change = {"domains": "https://api.nutri.test/"}
    status, body = coolify.refused("PATCH", f"/applications/{second}", change)
    assert status == 409
    assert body["conflicts"][0]["resource_uuid"] == first
    assert "force_domain_override=true" in body["message"]
    coolify.ok("PATCH", f"/applications/{first}", {"domains": "https://api.nutri.test"})
    coolify.ok("PATCH", f"/applications/{second}", {**change, "force_domain_override": True})
    assert shown(coolify, second)["fqdn"] == "https://api.nutri.test/"


def test_generated_labels_redirect_to_https(coolify: CoolifyDouble) -> None:
    """A domain with https gets two routers, a certificate resolver and the redirect."""
    uuid = coolify.application(domains="https://api.nutri.test/v1")
    lines = shown(coolify, uuid)["custom_labels"].splitlines()
    routers = "traefik.http.routers"
    assert f"{routers}.https-0-{uuid}.rule=Host(`api.nutri.test`) && PathPrefix(`/v1`)" in lines
    assert f"{routers}.https-0-{uuid}.tls.certresolver=letsencrypt" in lines
    assert f"{routers}.https-0-{uuid}.middlewares=https-0-{uuid}-stripprefix,gzip" in lines
    assert f"{routers}.http-0-{uuid}.middlewares=redirect-to-https" in lines


def test_secrets_are_hidden_from_plain_readers(coolify: CoolifyDouble) -> None:
    """Without read:sensitive neither labels nor webhook secrets are shown."""
    uuid = coolify.application()
    coolify.mint("reader", ["read"])
    coolify.mint("seer", ["read", "read:sensitive"])
    plain = coolify.call("GET", f"/applications/{uuid}", secret="reader").json()
    assert not {"custom_labels", "manual_webhook_secret_github"} & plain.keys()
    assert "custom_labels" in coolify.call("GET", f"/applications/{uuid}", secret="seer").json()


def test_another_team_sees_nothing(coolify: CoolifyDouble) -> None:
    """An application is not found by a token of another team."""
    uuid = coolify.application()
    db = coolify.coolify.db
    db.insert("teams", {"id": 3, "name": "Other"})
    db.insert("team_user", {"team_id": 3, "user_id": 0, "role": "owner"})
    coolify.mint("other", ["root"], team="3")
    assert coolify.call("GET", f"/applications/{uuid}", secret="other").status_code == 404
    assert coolify.call("GET", "/applications", secret="other").json() == []


def test_a_deletion_happens_later(coolify: CoolifyDouble) -> None:
    """DELETE only queues; the containers and files go, then the application is a 404."""
    uuid = coolify.application()
    coolify.deploy(uuid)
    assert "queued" in coolify.ok("DELETE", f"/applications/{uuid}?docker_cleanup=false")["message"]
    deadline = time.monotonic() + 10
    while coolify.call("GET", f"/applications/{uuid}").status_code != 404:
        assert time.monotonic() < deadline
    assert coolify.docker.containers == {}
    assert coolify.docker.ran(f"rm -rf /data/coolify/applications/{uuid}")
    assert coolify.docker.ran("image prune") == []


def test_a_deletion_cleans_the_server_up_by_default(coolify: CoolifyDouble) -> None:
    """Images no container uses go with it, but for the newest of each application's."""
    gone = coolify.application("gone", docker_images_to_keep=1)
    coolify.ok("DELETE", f"/applications/{gone}")
    deadline = time.monotonic() + 10
    while not coolify.docker.ran("image prune"):
        assert time.monotonic() < deadline
    (script,) = coolify.docker.ran("image prune")
    assert "--filter 'reference=ghcr.localcloud.test/nutri/backend*'" in script
    assert "tail -n +2 " in script


@pytest.mark.parametrize(
    ("name", "tag", "stored_name", "stored_tag"),
    [
        ("img:good-1", None, "img", "good-1"),
        ("host.test:5000/img", None, "host.test:5000/img", "latest"),
        ("img@sha256", "a" * 64, "img@sha256", "a" * 64),
    ],
)
def test_image_names_are_split(
    coolify: CoolifyDouble, name: str, tag: str | None, stored_name: str, stored_tag: str
) -> None:
    """A tag inside the name, a port in the host and a digest all end up in the right column."""
    fields = {"docker_registry_image_name": name, "docker_registry_image_tag": tag}
    app = shown(coolify, coolify.application(**fields))
    assert app["docker_registry_image_name"] == stored_name
    assert app["docker_registry_image_tag"] == stored_tag
