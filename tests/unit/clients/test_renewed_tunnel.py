"""A tunnel that was lost is dug anew by the next call."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from clients.coolify import client as module
from clients.coolify.errors import CoolifyUnreachableError
from common.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clients.coolify.client import Client


class Ways:
    """Tunnels: the first is dead from its second request on."""

    def __init__(self) -> None:
        self.dug: list[int] = []
        self.closed: list[int] = []
        self.seen = 0

    @contextlib.contextmanager
    def dig(self) -> Iterator[Path]:
        """A tunnel more."""
        number = len(self.dug)
        self.dug.append(number)
        try:
            yield Path(str(number))
        finally:
            self.closed.append(number)

    def answer(self, number: int) -> httpx.Response:
        """What comes through a tunnel."""
        self.seen += 1
        if number == 0 and self.seen > 1:
            raise httpx.ReadError("broken pipe")
        return httpx.Response(200, json={"status": "finished", "through": number})


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Client, Ways]]:
    """A client through such tunnels."""
    ways = Ways()

    @contextlib.contextmanager
    def on(socket: Path, _token: str) -> Iterator[httpx.Client]:
        transport = httpx.MockTransport(lambda _: ways.answer(int(socket.name)))
        with httpx.Client(transport=transport, base_url="http://coolify") as http:
            yield http

    monkeypatch.setattr(module, "_on", on)
    with module._renewed(ways.dig, "token") as made:
        yield made, ways
    assert ways.closed == ways.dug


def test_a_lost_tunnel_is_dug_anew_within_the_wait(client: tuple[Client, Ways]) -> None:
    """The wait goes on over the new one, and the old one is gone."""
    made, ways = client
    made.get("/before")
    said: list[str] = []
    found = wait_until(
        "the deployment",
        lambda: made.get("/deployments/1"),
        bound=5,
        interval=0.01,
        progress=lambda attempt: said.append(attempt.last_error),
    )
    assert found["through"] == 1
    assert ways.closed == [0]
    assert "gave no answer to GET /deployments/1 (broken pipe)" in said[0]


def test_a_tunnel_that_holds_is_kept(client: tuple[Client, Ways]) -> None:
    """One is enough."""
    made, ways = client
    made.get("/a")
    ways.seen = 0
    made.get("/b")
    assert ways.dug == [0]


def test_without_a_way_to_dig_it_is_just_an_error() -> None:
    """As a client made by hand has it."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with httpx.Client(transport=httpx.MockTransport(fail), base_url="http://coolify") as http:
        made = module.Client(http)
        for _ in range(2):
            with pytest.raises(CoolifyUnreachableError):
                made.get("/x")
