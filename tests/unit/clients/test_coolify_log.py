"""Why a deployment failed: the lines that are for people, the container's own first."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from clients.coolify import deployments
from clients.coolify.client import Client
from clients.coolify.errors import DeploymentFailedError
from clients.coolify.log import LAST_LINES, reason
from common.waiting import without_pauses

_RULE = "-" * 40
_END = "=" * 40


def _logs(*lines: str, hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    entries = [{"output": line, "hidden": False} for line in lines]
    entries += [{"output": line, "hidden": True} for line in hidden]
    return {"status": "failed", "logs": json.dumps(entries)}


def test_the_stack_trace_is_left_out() -> None:
    """Coolify hides it from people too."""
    state = _logs(
        _END,
        "Deployment failed: could not pull",
        hidden=("Error type: App\\Exceptions\\DeploymentException", "  #0 /var/www/html/x.php"),
    )
    assert reason(state) == "    Deployment failed: could not pull"


def test_an_unhealthy_containers_own_words_come_first() -> None:
    """Not the five lines that close each deployment."""
    state = _logs(
        "Attempt 3 of 3 | Healthcheck status: unhealthy",
        "Healthcheck logs: connection refused | Return code: 1",
        "New container is unhealthy.",
        _RULE,
        "Container logs:",
        "starting\nJWT_SECRET is missing",
        _RULE,
        "Removing old containers.",
        _RULE,
        "WARNING: Dockerfile or Docker Image based deployment detected.",
        "New container is not healthy, rolling back to the old container.",
        "Rolling update completed.",
    )
    assert reason(state).splitlines() == [
        "    Healthcheck logs: connection refused | Return code: 1",
        "    Container logs:",
        "    starting",
        "    JWT_SECRET is missing",
    ]


def test_of_a_long_log_the_end_is_kept() -> None:
    """Both of a container's and of another."""
    many = [f"line {number}" for number in range(100)]
    assert reason(_logs(*many)).splitlines()[0] == f"    line {100 - LAST_LINES}"
    told = reason(_logs("Container logs:", "\n".join(many), _RULE, "closing")).splitlines()
    assert (len(told), told[-1]) == (LAST_LINES + 1, "    line 99")


def test_a_container_that_wrote_nothing_is_told() -> None:
    """So that nobody looks for its lines."""
    assert reason(_logs("Container logs:", _RULE, "x")).endswith("(it wrote nothing)")


@pytest.mark.parametrize("logs", [None, "", "no JSON", "[1]", '{"a": 1}'])
def test_odd_logs_are_no_traceback(logs: str | None) -> None:
    """Whatever Coolify has there."""
    assert "Traceback" not in reason({"logs": logs})


def test_the_reason_comes_after_the_status() -> None:
    """Coolify sets `failed` first and writes why afterwards: it is read once more."""
    answers = [_logs("Pulling."), _logs("Pulling.", "Deployment failed: no such image")]
    http = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answers.pop(0))),
        base_url="http://coolify",
    )
    with (
        without_pauses(),
        pytest.raises(DeploymentFailedError, match="no such image"),
    ):
        deployments.wait_for_end(Client(http), "d-1", "the deployment of x", 10)
    assert answers == []
