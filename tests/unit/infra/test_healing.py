"""Coolify has lost our token, is switched off, holds a server as unusable: `up` mends it."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from clients.coolify.client import Client
from clients.coolify.errors import CoolifyDeniedError
from common.errors import OperatorError
from common.waiting import without_pauses
from infra.coolify import application, instance, project, server
from infra.coolify.usable import UnusableServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONNECTION = {
    "host": "203.0.113.1",
    "port": 22.0,
    "user": "root",
    "host_key": "ssh-ed25519 AAAA",
    "private_key": "key",
    "token": "secret",
}
_PROPS: dict[str, Any] = {
    "connection": _CONNECTION,
    "version": "4.3.10",
    "server_id": "1",
    "admitted": True,
    "usable": True,
}
_HTML = (
    "Server is not reachable.<br>Check this <a href='x'>page</a>. <br><br>Error: no &lt;route&gt;"
)


class Coolify:
    """As much of Coolify as tells whether we are let in and which servers it can use."""

    def __init__(self) -> None:
        self.knows_token = True
        self.is_on = True
        self.usable = True
        self.validates = True
        self.logs: str | None = None
        self.looks = 0
        self.calls: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.removeprefix("/api/v1")
        self.calls.append(f"{request.method} {path}")
        if not self.knows_token:
            return httpx.Response(401, json={"message": "Unauthenticated."})
        if path == "/enable":
            self.is_on = True
            return httpx.Response(200, json={"message": "API enabled."})
        if not self.is_on:
            return httpx.Response(403, json={"success": True, "message": "API is disabled."})
        return self._answer(request.method, path)

    def _answer(self, method: str, path: str) -> httpx.Response:
        if path == "/version":
            return httpx.Response(200, text="4.3.10")
        if path.endswith("/validate"):
            self.looks = 2
            return httpx.Response(201, json={"message": "Validation started."})
        if path == "/servers" and method == "GET":
            return httpx.Response(200, json=[self._server()])
        if path.startswith("/servers/"):
            return httpx.Response(200, json=self._looked_at())
        if path == "/security/keys":
            return httpx.Response(200, json=[])
        return httpx.Response(404, json={"message": "Not found."})

    def _looked_at(self) -> dict[str, Any]:
        if self.looks:
            self.looks -= 1
            if not self.looks:
                self.usable = self.validates
                self.logs = None if self.validates else _HTML
        return {**self._server(), "is_validating": self.looks > 0}

    def _server(self) -> dict[str, Any]:
        settings = {"is_reachable": self.usable, "is_usable": self.usable}
        names = {"uuid": "s-1", "ip": "host.docker.internal", "validation_logs": self.logs}
        return {**names, "settings": settings}


@pytest.fixture
def coolify(monkeypatch: pytest.MonkeyPatch) -> Iterator[Coolify]:
    """Coolify behind every provider's connection, and SSH that mints."""
    double = Coolify()

    @contextlib.contextmanager
    def connect(_: object) -> Iterator[Client]:
        transport = httpx.MockTransport(double.handle)
        with httpx.Client(transport=transport, base_url="http://coolify") as http:
            yield Client(http)

    def mint(_connection: object) -> None:
        double.calls.append("mint")
        double.knows_token = True

    monkeypatch.setattr("infra.coolify.resource.connect", connect)
    monkeypatch.setattr(instance, "_mint", mint)
    with without_pauses(attempts=5):
        yield double


def _refreshed(kept: dict[str, Any]) -> dict[str, Any]:
    return dict(instance._InstanceProvider().read("s-1", kept).outs or {})


def _needs_update(kept: dict[str, Any]) -> bool:
    return bool(instance._InstanceProvider().diff("s-1", _refreshed(kept), _PROPS).changes)


def test_nothing_is_to_do_where_all_is_well(coolify: Coolify) -> None:
    """A refresh finds no difference and changes nothing."""
    made = instance._InstanceProvider().create(_PROPS).outs or {}
    coolify.calls.clear()
    assert not _needs_update(made)
    assert [call for call in coolify.calls if not call.startswith("GET")] == []


def test_a_lost_token_is_minted_again_by_the_next_update(coolify: Coolify) -> None:
    """The refresh gets past it and tells; the update mints and finds Coolify as it is."""
    made = instance._InstanceProvider().create(_PROPS).outs or {}
    coolify.knows_token = False
    assert _needs_update(made)
    assert "mint" not in coolify.calls
    healed = instance._InstanceProvider().update("s-1", made, _PROPS).outs or {}
    assert "mint" in coolify.calls
    assert not _needs_update(healed)


def test_a_disabled_api_is_switched_on_by_the_next_update(coolify: Coolify) -> None:
    """The token is let be."""
    made = instance._InstanceProvider().create(_PROPS).outs or {}
    coolify.is_on = False
    coolify.calls.clear()
    assert _needs_update(made)
    assert "POST /enable" not in coolify.calls
    instance._InstanceProvider().update("s-1", made, _PROPS)
    assert coolify.is_on
    assert "mint" not in coolify.calls


def test_a_token_that_is_refused_even_then_fails_with_coolifys_words(
    coolify: Coolify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as an address that is not on Coolify's list."""
    coolify.knows_token = False
    monkeypatch.setattr(instance, "_mint", lambda _: None)
    with pytest.raises(CoolifyDeniedError, match=r"401 Unauthenticated\."):
        instance._InstanceProvider().create(_PROPS)


def test_its_own_server_is_looked_at_again_where_it_is_unusable(coolify: Coolify) -> None:
    """Every deployment would fail with `Server is not functional` else."""
    made = instance._InstanceProvider().create(_PROPS).outs or {}
    coolify.usable = False
    assert _needs_update(made)
    healed = instance._InstanceProvider().update("s-1", made, _PROPS).outs or {}
    assert "POST /servers/s-1/validate" in coolify.calls
    assert not _needs_update(healed)


def test_a_server_coolify_cannot_use_is_told_at_once(coolify: Coolify) -> None:
    """With its words, and without their HTML."""
    coolify.usable = coolify.validates = False
    expected = r"cannot use the server it runs on: Server is not reachable\. .*Error: no <route>"
    with pytest.raises(UnusableServerError, match=expected):
        instance._InstanceProvider().create(_PROPS)
    assert coolify.calls.count("GET /servers/s-1") == 3


def test_words_of_an_earlier_validation_are_not_taken_for_this_ones(coolify: Coolify) -> None:
    """Coolify leaves them there until it has looked anew."""
    coolify.usable, coolify.logs = False, _HTML
    instance._InstanceProvider().create(_PROPS)
    assert coolify.usable


def test_an_unusable_further_server_is_a_difference(coolify: Coolify) -> None:
    """The update after it has Coolify look again."""
    props = {**_PROPS, "ip": "10.0.0.12", "server": "nutri-2", "private_key": "key"}
    provider = server._ServerProvider()
    coolify.usable = False
    seen = provider.read("s-1", props).outs or {}
    assert provider.diff("s-1", seen, props).changes
    coolify.usable = True
    seen = provider.read("s-1", props).outs or {}
    assert not provider.diff("s-1", seen, props).changes


@pytest.mark.parametrize("lost", ["token", "switch"])
@pytest.mark.parametrize(
    "provider", [application._ApplicationProvider(), project._ProjectProvider()]
)
def test_no_refresh_fails_for_it(
    coolify: Coolify, lost: str, provider: application._ApplicationProvider
) -> None:
    """What is kept stays, as with a Coolify that gives no answer."""
    coolify.knows_token, coolify.is_on = lost != "token", lost != "switch"
    kept = {"connection": _CONNECTION, "tag": "good-1"}
    seen = provider.read("a-1", kept)
    assert (seen.id, seen.outs) == ("a-1", kept)


def test_what_a_restored_database_does_not_hold_is_made_again(coolify: Coolify) -> None:
    """A 404 leaves the state, so that the next update makes it."""
    assert application._ApplicationProvider().read("a-1", {"connection": _CONNECTION}).id == ""
    assert coolify.calls == ["GET /applications/a-1"]


def test_minting_sends_the_hash_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """By standard input, to the pinned server."""
    sent: list[str] = []

    class Ssh(contextlib.AbstractContextManager["Ssh"]):
        def __init__(self, target: object) -> None:
            sent.append(str(target))

        def __exit__(self, *_: object) -> None:
            pass

        def run(self, command: str, *, stdin: str, **_: object) -> None:
            sent.extend((command, stdin))

    monkeypatch.setattr(instance, "SshClient", Ssh)
    instance._mint(_CONNECTION)
    assert "TOKEN_HASH=2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" in sent[2]
    assert sent[1] == "bash -s"
    assert "secret" not in json.dumps(sent)


def test_an_instance_that_is_another_version_is_refused(coolify: Coolify) -> None:
    """As before."""
    assert coolify.is_on
    with pytest.raises(OperatorError, match=r"nutri:coolifyVersion wants 4\.4\.0"):
        instance._InstanceProvider().create({**_PROPS, "version": "4.4.0"})
