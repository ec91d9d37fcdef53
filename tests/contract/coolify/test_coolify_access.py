"""Tokens, abilities, the switch of the API, limits and unknown paths."""

from __future__ import annotations

import dataclasses

import pytest

from tests.contract.coolify_double import SECRET, CoolifyDouble, decoded

DOCS = {"message": "Not found.", "docs": "https://coolify.io/docs"}


def test_health_needs_no_token(coolify: CoolifyDouble) -> None:
    """Liveness is plain text and open to all, below both prefixes."""
    for url in ("http://coolify/api/health", "http://coolify/api/v1/health"):
        answer = coolify.http.get(url)
        assert (answer.status_code, answer.text) == (200, "OK")


def test_version_is_text(coolify: CoolifyDouble) -> None:
    """The version has no `v` and no quotes."""
    assert coolify.call("GET", "/version").text == "4.3.10"


def test_no_token_and_a_wrong_token_are_401(coolify: CoolifyDouble) -> None:
    """Without a known bearer nothing is told."""
    for secret in ("", "nobody", "1|nobody", "x|y"):
        answer = coolify.call("GET", "/version", secret=secret)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


def test_both_shapes_of_a_bearer_work(coolify: CoolifyDouble) -> None:
    """`id|secret` finds the row by id, a secret without a bar by its hash."""
    number = coolify.mint("plain-secret", ["read"])
    assert coolify.call("GET", "/version", secret="plain-secret").is_success
    assert coolify.call("GET", "/version", secret=f"{number}|plain-secret").is_success
    assert coolify.call("GET", "/version", secret=f"{number + 1}|plain-secret").status_code == 401


def test_an_expired_token_is_unknown(coolify: CoolifyDouble) -> None:
    """After its time a token is as good as none."""
    number = coolify.mint("old", ["read"])
    query = "UPDATE personal_access_tokens SET expires_at = now() - interval '1 s' WHERE id = %s"
    coolify.coolify.db.execute(query, (number,))
    assert coolify.call("GET", "/version", secret="old").status_code == 401


def test_a_token_of_a_team_its_user_is_not_in_is_invalid(coolify: CoolifyDouble) -> None:
    """The team is a string column, and membership is looked up at every request."""
    coolify.mint("foreign", ["root"], team="7")
    answer = coolify.call("GET", "/version", secret="foreign")
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid token."})


@pytest.mark.parametrize(
    ("ability", "method", "path", "missing"),
    [
        ("read", "POST", "/projects", "write"),
        ("write", "POST", "/deploy", "deploy"),
        ("deploy", "GET", "/projects", "read"),
    ],
)
def test_abilities_are_apart(
    coolify: CoolifyDouble, ability: str, method: str, path: str, missing: str
) -> None:
    """Reading, writing and deploying are three things; writing does not let deploy."""
    coolify.mint("narrow", [ability])
    answer = coolify.call(method, path, {"name": "x"}, secret="narrow")
    assert answer.status_code == 403
    assert answer.json() == {"message": f"Missing required permissions: {missing}"}


def test_a_plain_member_may_not_use_elevated_abilities(coolify: CoolifyDouble) -> None:
    """What a token may do is bounded by what its user may do in the team."""
    db = coolify.coolify.db
    db.insert("users", {"id": 5, "email": "m@nutri.test"})
    db.insert("team_user", {"team_id": 0, "user_id": 5, "role": "member"})
    coolify.mint("member", ["write"], user=5)
    answer = coolify.call("GET", "/version", secret="member")
    assert (answer.status_code, answer.json()) == (403, {"message": "Missing required team role."})


def test_a_disabled_api_answers_only_to_enable(coolify: CoolifyDouble) -> None:
    """Minting a token is enough to switch the API on, with `success: true` in the refusal."""
    coolify.ok("POST", "/disable")
    assert coolify.refused("GET", "/version") == (
        403,
        {"success": True, "message": "API is disabled."},
    )
    assert coolify.ok("POST", "/enable") == {"message": "API enabled."}
    assert coolify.ok("GET", "/version") == "4.3.10"


def test_only_team_0_may_switch(coolify: CoolifyDouble) -> None:
    """Another team's root token cannot open the instance."""
    db = coolify.coolify.db
    db.insert("teams", {"id": 3, "name": "Other"})
    db.insert("team_user", {"team_id": 3, "user_id": 0, "role": "owner"})
    coolify.mint("other", ["root"], team="3")
    assert coolify.call("POST", "/disable", secret="other").status_code == 403


def test_an_address_that_is_not_listed_is_refused(coolify: CoolifyDouble) -> None:
    """The refusal is a 403 with the same odd `success: true`."""
    coolify.coolify.db.update("instance_settings", 0, {"allowed_ips": "10.1.0.0/16, 10.2.0.1"})
    assert coolify.refused("GET", "/version")[0] == 403
    inside = coolify.http.get(
        "/version", headers={"Authorization": f"Bearer {SECRET}", "X-Forwarded-For": "10.1.2.3"}
    )
    assert inside.status_code == 200
    coolify.coolify.db.update("instance_settings", 0, {"allowed_ips": "0.0.0.0"})  # noqa: S104 - the list's word for all
    assert coolify.ok("GET", "/version")


def test_an_unknown_path_or_verb_is_404_with_docs(coolify: CoolifyDouble) -> None:
    """Nothing tells a wrong verb from a wrong path."""
    for method, path in (("GET", "/nothing"), ("PUT", "/version"), ("POST", "/servers/x/y/z")):
        answer = coolify.http.request(method, path)
        assert (answer.status_code, decoded(answer)) == (404, DOCS)


@pytest.mark.parametrize(
    "path", ["/deploy?uuid=x", "/enable", "/applications/x/start", "/servers/x/validate"]
)
def test_actions_that_were_get_say_so(coolify: CoolifyDouble, path: str) -> None:
    """Since 4.2.0 a GET on an action is a 405 that names POST."""
    answer = coolify.call("GET", path)
    assert answer.status_code == 405
    assert answer.json() == {"message": "This endpoint has changed to a POST request."}
    assert answer.headers["allow"] == "POST"


def test_the_rate_limit_counts_down_and_refuses(coolify: CoolifyDouble) -> None:
    """So many requests a minute; beyond, 429 with the time to wait."""
    settings = dataclasses.replace(coolify.coolify.settings, rate_limit=2)
    limited = CoolifyDouble(
        dataclasses.replace(coolify.coolify, settings=settings),
        coolify.docker,
        coolify.ssh_dir,
        coolify.contract,
    )
    left = [limited.call("GET", "/version").headers["x-ratelimit-remaining"] for _ in range(2)]
    refused = limited.call("GET", "/version")
    assert left == ["1", "0"]
    assert (refused.status_code, refused.json()) == (429, {"message": "Too Many Attempts."})
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_a_fault_of_the_double_is_a_500_without_details(
    coolify: CoolifyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception's text stays inside."""

    def broken(*_: object) -> None:
        raise RuntimeError("the password is secret")

    monkeypatch.setattr("localcloud.coolify.servers.models.of_team", broken)
    assert coolify.refused("GET", "/servers") == (500, {"message": "Server Error"})
