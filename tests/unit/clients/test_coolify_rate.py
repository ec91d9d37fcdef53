"""Coolify limits a user's rate: the client waits as it is asked to, within a bound."""

from __future__ import annotations

import httpx
import pytest

from clients.coolify import client as module
from clients.coolify.client import Client
from clients.coolify.errors import CoolifyError

_ENDLESS = 99


class Coolify:
    """Refuses the first requests, then answers."""

    def __init__(self, refusals: int, retry_after: str = "7") -> None:
        self.left, self.retry_after = refusals, retry_after
        self.asked = 0

    def answer(self, _: httpx.Request) -> httpx.Response:
        """What a request gets."""
        self.asked += 1
        if self.left:
            self.left -= 1
            headers = {"Retry-After": self.retry_after}
            return httpx.Response(429, json={"message": "Too Many Attempts."}, headers=headers)
        return httpx.Response(200, json={"uuid": "one"})


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses taken, in seconds."""
    taken: list[float] = []
    monkeypatch.setattr(module, "pause", taken.append)
    return taken


def _client(coolify: Coolify) -> Client:
    transport = httpx.MockTransport(coolify.answer)
    return Client(httpx.Client(transport=transport, base_url="http://coolify"))


@pytest.mark.parametrize(
    ("asked", "taken"), [("7", 7), ("0", 1), ("", 1), ("3600", 60), ("Tue, 01 Dec 2026", 60)]
)
def test_a_request_is_sent_again_after_the_pause_asked_for(
    pauses: list[float], asked: str, taken: float
) -> None:
    """Whatever its verb: what was refused for its rate did nothing. No pause is endless."""
    coolify = Coolify(2, asked)
    assert _client(coolify).post("/projects", {"name": "nutri"}) == {"uuid": "one"}
    assert (pauses, coolify.asked) == ([taken, taken], 3)


def test_it_ends_when_the_rate_stays_limited(pauses: list[float]) -> None:
    """The error has Coolify's words."""
    coolify = Coolify(_ENDLESS)
    with pytest.raises(CoolifyError, match="429 Too Many Attempts"):
        _client(coolify).delete("/projects/one")
    assert (len(pauses), coolify.asked) == (4, 5)
