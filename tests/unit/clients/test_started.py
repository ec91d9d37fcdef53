"""What a container that starts says meanwhile, and the bounds that come of its own numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from clients.coolify.client import Client
from clients.coolify.started import teller
from common.waiting import Attempt
from tests.unit.targets import make_target

if TYPE_CHECKING:
    import pytest


def _coolify(logs: str, code: int = 200) -> Client:
    transport = httpx.MockTransport(lambda _: httpx.Response(code, json={"logs": logs}))
    return Client(httpx.Client(transport=transport, base_url="http://coolify"))


def _attempt(elapsed: float) -> Attempt:
    return Attempt("the deployment of x", 1, elapsed, 600, 1, "not ready")


def test_a_long_wait_shows_the_containers_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Now and then, not at every look."""
    tell = teller(_coolify("loading models\n41 % of 1.2 GB\n"), "app")
    for elapsed in (1.0, 16.0, 17.0, 40.0):
        tell(_attempt(elapsed))
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "the deployment of x: 16 s; its container says: 41 % of 1.2 GB",
        "the deployment of x: 40 s; its container says: 41 % of 1.2 GB",
    ]


def test_a_container_that_is_silent_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """Coolify refuses logs of what does not run."""
    teller(_coolify("", 400), "app")(_attempt(20))
    assert capsys.readouterr().err.endswith("its container says: nothing yet\n")


def test_a_server_that_is_away_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of what its container would say: the wait goes on over a new connection."""
    away = replace(_attempt(20), last_error="Coolify's API gave no answer to GET /x (reset)")
    teller(_coolify("", 502), "app")(away)
    assert capsys.readouterr().err == (
        "the deployment of x: 20 s; Coolify's API gave no answer to GET /x (reset)\n"
    )


def test_a_slow_service_is_waited_for() -> None:
    """What gives up after a minute elsewhere waits for its start, too."""
    (service,) = make_target(1).services
    assert service.patience(60) == 60
    assert service.model_copy(update={"start_seconds": 300}).patience(60) == 360
