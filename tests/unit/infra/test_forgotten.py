"""A container whose application Coolify does not know any more goes once another one serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest

from clients.coolify.client import Client
from clients.coolify.errors import CoolifyDeniedError
from clients.ssh import Result
from common.errors import OperatorError
from infra.coolify import application, forgotten
from tests.unit.infra.test_application import PROPS, Coolify, coolify

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["coolify"]


class _Ssh:
    """A server that gives the same answer to every command, and keeps them."""

    def __init__(self, answer: Result) -> None:
        self.answer, self.commands = answer, list[str]()

    def __call__(self, _target: object) -> _Ssh:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def run(self, command: str, **_: object) -> Result:
        """Keep a command."""
        self.commands.append(command)
        return self.answer


def _client(status: int) -> Client:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"message": "so"}))
    return Client(httpx.Client(transport=transport, base_url="http://coolify"))


@pytest.mark.parametrize(
    ("status", "left"), [(404, ["gone"]), (200, list[str]())], ids=["forgotten", "known"]
)
def test_what_coolify_knows_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, status: int, left: Sequence[str]
) -> None:
    """Its own one is never asked for; what is no uuid is nobody's."""
    monkeypatch.setattr(forgotten, "SshClient", _Ssh(Result("app-1\ngone\n$(x)\n", "", 0)))
    found = forgotten.left(_client(status), PROPS["ssh"], "nutri-backend-1", "app-1")
    assert found == left


def test_a_coolify_that_lets_nobody_in_has_not_said_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A 401 is no 404: nothing is taken away for it."""
    monkeypatch.setattr(forgotten, "SshClient", _Ssh(Result("gone\n", "", 0)))
    with pytest.raises(CoolifyDeniedError):
        forgotten.left(_client(401), PROPS["ssh"], "nutri-backend-1", "app-1")


def test_containers_stop_within_their_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """And are removed; that it does not work is told."""
    server = _Ssh(Result("", "", 0))
    monkeypatch.setattr(forgotten, "SshClient", server)
    forgotten.remove(PROPS["ssh"], "gone", 30)
    assert "docker stop --time 30" in server.commands[0]
    server.answer = Result("", "no such daemon", 1)
    with pytest.raises(OperatorError, match=r"application gone, .+: no such daemon"):
        forgotten.remove(PROPS["ssh"], "gone", 30)


def test_it_goes_after_the_new_one_serves_and_after_its_requests(
    coolify: Coolify,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The deployment first, then the drain, then the end."""

    def remove(_way: object, uuid: str, _grace: Any) -> None:  # noqa: ANN401 - not looked at
        coolify.note(f"end {uuid}")

    monkeypatch.setattr(forgotten, "_running", lambda *_: ["app-1", "gone"])
    monkeypatch.setattr(forgotten, "remove", remove)
    application._ApplicationProvider().create(dict(PROPS))
    deployed = coolify.calls.index("POST /deploy")
    assert deployed < coolify.calls.index("end gone")
    assert [one for one in coolify.calls if one.startswith("end ")] == ["end gone"]
