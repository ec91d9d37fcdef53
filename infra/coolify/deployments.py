"""Deployments: start one, wait for its end, say why it failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from common.waiting import wait_until
from infra.coolify.errors import DeploymentFailedError

if TYPE_CHECKING:
    from infra.coolify.client import Client

_ENDED = frozenset({"finished", "failed", "cancelled-by-user"})
_QUEUE_SECONDS = 600
_LAST_LINES = 20


def _active(client: Client, application: str) -> list[str]:
    """Return the deployments of an application that are queued or running."""
    listed = client.get(f"/deployments/applications/{application}?skip=0&take=10")
    return [d["deployment_uuid"] for d in listed["deployments"] if d["status"] not in _ENDED]


def _wait_for_idle(client: Client, application: str) -> None:
    """Let a running deployment end first: for a second one Coolify makes up an id."""
    wait_until(
        f"earlier deployments of {application} to end",
        lambda: not _active(client, application),
        bound=_QUEUE_SECONDS,
    )


def _start(client: Client, application: str) -> str:
    answer = client.post("/deploy", {"uuid": application, "force": True})
    return str(answer["deployments"][0]["deployment_uuid"])


def _ended(client: Client, deployment: str) -> dict[str, Any] | None:
    state: dict[str, Any] = client.get(f"/deployments/{deployment}")
    return state if state["status"] in _ENDED else None


def _last_lines(state: dict[str, Any]) -> str:
    """Return the end of a deployment's log, which holds the container's last lines."""
    try:
        entries = json.loads(state.get("logs") or "[]")
        lines = [line for e in entries for line in str(e.get("output", "")).splitlines()]
    except (ValueError, AttributeError):
        lines = str(state.get("logs")).splitlines()
    return "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])


def deploy(client: Client, application: str, label: str, bound: float) -> None:
    """Deploy an application's stored image and wait for the end.

    Args:
        client: Coolify's API.
        application: uuid.
        label: what is deployed, for messages: "nutri-backend-1 (tag good-2)".
        bound: seconds the deployment may take once it has started.

    Raises:
        DeploymentFailedError: it ended in anything but `finished`.
        WaitTimeoutError: it did not end within the bound.
    """
    _wait_for_idle(client, application)
    deployment = _start(client, application)
    state = wait_until(
        f"the deployment of {label}",
        lambda: _ended(client, deployment),
        bound=bound,
        interval=0.5,
        max_interval=3,
    )
    if state and state["status"] != "finished":
        text = f"the deployment of {label} ended as {state['status']}; its last lines:"
        raise DeploymentFailedError(f"{text}\n{_last_lines(state)}")
