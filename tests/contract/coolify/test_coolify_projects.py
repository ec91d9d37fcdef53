"""Projects, environments, servers, keys, teams and tags."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.coolify_double import CoolifyDouble


def test_a_project_comes_with_production(coolify: CoolifyDouble) -> None:
    """The first environment needs no call of its own; names may repeat."""
    first, second = coolify.project("nutri"), coolify.project("nutri")
    assert first != second
    shown = coolify.ok("GET", f"/projects/{first}")
    assert [environment["name"] for environment in shown["environments"]] == ["production"]
    assert {row["uuid"] for row in coolify.ok("GET", "/projects")} == {first, second}


def test_a_project_is_renamed_with_201(coolify: CoolifyDouble) -> None:
    """PATCH on a project answers 201, and trims what it is told."""
    uuid = coolify.project()
    answer = coolify.call("PATCH", f"/projects/{uuid}", {"name": "  food ", "description": ""})
    assert answer.status_code == 201
    assert answer.json() == {"uuid": uuid, "name": "food", "description": ""}


def test_unknown_fields_and_missing_ones_are_422(coolify: CoolifyDouble) -> None:
    """One bad field fails the whole request, and all bad fields are told."""
    status, body = coolify.refused("POST", "/projects", {"nam": "x", "colour": 1})
    assert status == 422
    assert body["message"] == "Validation failed."
    assert body["errors"] == {
        "name": ["The name field is required."],
        "nam": ["This field is not allowed."],
        "colour": ["This field is not allowed."],
    }


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [
        (b"", "application/json", "Invalid JSON."),
        (b"{", "application/json", "Invalid JSON."),
        (b"{}", "application/json", "Empty JSON."),
        (b'{"name": "x"}', "text/plain", "Content-Type must be application/json."),
    ],
)
def test_a_body_that_is_no_json_object_is_400(
    coolify: CoolifyDouble, content: bytes, kind: str, error: str
) -> None:
    """Wrong type, broken and empty JSON are told apart; `{}` counts as empty."""
    headers = {"Authorization": f"Bearer {'s' * 48}", "Content-Type": kind}
    answer = coolify.http.post("/projects", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json() == {"message": "Invalid request.", "error": error}


def test_environments_are_unique_and_go_when_empty(coolify: CoolifyDouble) -> None:
    """A name twice is a 409; an environment with something in it stays."""
    project = coolify.project()
    path = f"/projects/{project}/environments"
    assert coolify.call("POST", path, {"name": "staging"}).status_code == 201
    assert coolify.refused("POST", path, {"name": "staging"})[0] == 409
    renamed = coolify.ok("PATCH", f"{path}/staging", {"name": "test"})
    assert renamed["name"] == "test"
    coolify.application(project_uuid=project)
    assert coolify.refused("DELETE", f"{path}/production")[0] == 400
    assert coolify.ok("DELETE", f"{path}/test") == {"message": "Environment deleted."}


def test_a_project_with_applications_stays(coolify: CoolifyDouble) -> None:
    """Resources come first; then the project goes, and is gone."""
    project = coolify.project()
    coolify.application(project_uuid=project)
    status, body = coolify.refused("DELETE", f"/projects/{project}")
    assert (status, "has resources" in body["message"]) == (400, True)
    empty = coolify.project()
    coolify.ok("DELETE", f"/projects/{empty}")
    assert coolify.refused("GET", f"/projects/{empty}") == (404, {"message": "Project not found."})


def test_an_environment_lists_its_applications(coolify: CoolifyDouble) -> None:
    """By name or uuid, with the resources in it."""
    project = coolify.project()
    app = coolify.application(project_uuid=project)
    shown = coolify.ok("GET", f"/projects/{project}/production")
    assert [one["uuid"] for one in shown["applications"]] == [app]
    assert coolify.ok("GET", f"/projects/{project}/{shown['uuid']}")["name"] == "production"


def test_localhost_is_seeded_as_usable(coolify: CoolifyDouble) -> None:
    """Server 0 is the host itself, taken as usable without a look."""
    (server,) = coolify.ok("GET", "/servers")
    assert (server["ip"], server["user"]) == ("host.docker.internal", "root")
    assert server["is_coolify_host"]
    shown = coolify.ok("GET", f"/servers/{server['uuid']}")
    assert (shown["settings"]["is_reachable"], shown["settings"]["is_usable"]) == (True, True)
    documented = coolify.contract.documented("Server") - {"id", "proxy_type"}
    assert documented <= shown.keys()


def test_localhost_cannot_be_deleted(coolify: CoolifyDouble) -> None:
    """Whatever is on it."""
    assert coolify.refused("DELETE", f"/servers/{coolify.server()}")[0] == 400


def test_a_further_server_needs_a_known_key_and_a_new_address(
    coolify: CoolifyDouble, spare_key: str
) -> None:
    """Further servers are made of a key and an address, with a destination of their own."""
    body = {"name": "two", "ip": "100.64.1.2", "private_key_uuid": "nobody"}
    assert coolify.refused("POST", "/servers", body) == (404, {"message": "Private Key not found."})
    key = coolify.ok("POST", "/security/keys", {"name": "k", "private_key": spare_key})["uuid"]
    uuid = coolify.ok("POST", "/servers", {**body, "private_key_uuid": key})["uuid"]
    assert coolify.refused("POST", "/servers", {**body, "private_key_uuid": key})[0] == 400
    shown = coolify.ok("GET", f"/servers/{uuid}")
    assert shown["settings"]["is_usable"] is False
    assert [d["network"] for d in coolify.ok("GET", f"/servers/{uuid}/destinations")] == ["coolify"]
    assert coolify.call("PATCH", f"/servers/{uuid}", {"concurrent_builds": 4}).status_code == 201
    assert coolify.ok("GET", f"/servers/{uuid}")["settings"]["concurrent_builds"] == 4
    assert coolify.refused("DELETE", f"/security/keys/{key}")[0] == 422
    coolify.ok("DELETE", f"/servers/{uuid}")
    coolify.ok("DELETE", f"/security/keys/{key}")


def test_validation_finds_out_what_is_so(coolify: CoolifyDouble) -> None:
    """A server that does not answer is marked, and one that does is marked again."""
    uuid = coolify.server()
    for down in (True, False):
        coolify.docker.down = down
        answer = coolify.call("POST", f"/servers/{uuid}/validate", {"install": False})
        assert answer.status_code == 201
        shown = coolify.ok("GET", f"/servers/{uuid}")
        for _ in range(200):
            shown = coolify.ok("GET", f"/servers/{uuid}")
            if not shown["is_validating"]:
                break
        assert shown["settings"]["is_reachable"] is not down
        assert shown["is_validating"] is False
        assert ("<br>Error: no route to host" in (shown["validation_logs"] or "")) is down


def test_a_server_refuses_unknown_settings(coolify: CoolifyDouble) -> None:
    """Swarm fields are not in the API."""
    status, body = coolify.refused(
        "PATCH", f"/servers/{coolify.server()}", {"is_swarm_manager": True}
    )
    assert (status, body["errors"]) == (422, {"is_swarm_manager": ["This field is not allowed."]})


def test_keys_are_checked_and_hidden(coolify: CoolifyDouble, spare_key: str) -> None:
    """PEM or base64 of it; known ones are refused; the text is shown only to who may see it."""
    bad = {"name": "bad", "private_key": "not a key"}
    assert coolify.refused("POST", "/security/keys", bad)[0] == 422
    encoded = base64.b64encode(spare_key.encode()).decode()
    uuid = coolify.ok("POST", "/security/keys", {"name": "one", "private_key": encoded})["uuid"]
    twice = coolify.refused("POST", "/security/keys", {"name": "two", "private_key": spare_key})
    assert twice[0] == 422
    shown = coolify.ok("GET", f"/security/keys/{uuid}")
    assert shown["private_key"].strip() == spare_key.strip()
    assert shown["public_key"].startswith("ssh-ed25519 ")
    coolify.mint("reader", ["read"])
    hidden = coolify.call("GET", f"/security/keys/{uuid}", secret="reader").json()
    assert "private_key" not in hidden
    assert len(hidden["fingerprint"]) == 43  # no name of the hash before it


def test_teams_show_only_ones_own(coolify: CoolifyDouble) -> None:
    """The token's team, its members, and nothing of others."""
    assert coolify.ok("GET", "/team")["name"] == "Root Team"
    assert [team["id"] for team in coolify.ok("GET", "/teams")] == [0]
    assert [user["email"] for user in coolify.ok("GET", "/team/members")] == ["ops@nutri.test"]
    assert coolify.refused("GET", "/teams/9")[0] == 404


def test_tags_group_applications(coolify: CoolifyDouble) -> None:
    """A tag is made with its first use and filters the list of applications."""
    app, other = coolify.application("a", tags=["blue"]), coolify.application("b")
    (tag,) = coolify.ok("POST", f"/applications/{other}/tags", {"tag_name": "Green"})
    assert tag["name"] == "green"
    both = {"tag_name": "x", "tag_names": ["y"]}
    assert coolify.refused("POST", f"/applications/{other}/tags", both)[0] == 422
    assert [one["uuid"] for one in coolify.ok("GET", "/applications?tag=blue")] == [app]
    assert {one["name"] for one in coolify.ok("GET", "/tags")} == {"blue", "green"}
    coolify.ok("DELETE", f"/applications/{other}/tags/{tag['uuid']}")
    assert coolify.ok("GET", f"/applications/{other}/tags") == []
    assert {one["name"] for one in coolify.ok("GET", "/tags")} == {"blue"}


def test_resources_are_listed_with_their_type(coolify: CoolifyDouble) -> None:
    """All of the team, and those of one server."""
    app = coolify.application(domains="https://api.nutri.test")
    (one,) = coolify.ok("GET", "/resources")
    assert (one["uuid"], one["type"], one["status"]) == (app, "application", "exited:unhealthy")
    server = coolify.server()
    assert [row["uuid"] for row in coolify.ok("GET", f"/servers/{server}/resources")] == [app]
    (domains,) = coolify.ok("GET", f"/servers/{server}/domains")
    assert domains == {"ip": "host.docker.internal", "domains": ["api.nutri.test"]}


def test_the_proxy_of_a_server_is_shown_and_changed(coolify: CoolifyDouble) -> None:
    """Its kind and settings; the configuration only to those who see secrets."""
    path = f"/servers/{coolify.server()}/proxy"
    assert coolify.ok("GET", path)["proxy_type"] == "TRAEFIK"
    coolify.ok("PATCH", path, {"generate_exact_labels": True, "redirect_url": "https://x.test"})
    shown = coolify.ok("GET", path)
    assert (shown["generate_exact_labels"], shown["redirect_url"]) == (True, "https://x.test")
    assert "configuration" in shown
    coolify.mint("reader", ["read"])
    assert "configuration" not in coolify.call("GET", path, secret="reader").json()
    cleanup = f"/servers/{coolify.server()}/docker-cleanup"
    coolify.ok("PATCH", cleanup, {"docker_cleanup_threshold": 90})
    assert coolify.ok("GET", cleanup)["docker_cleanup_threshold"] == 90
