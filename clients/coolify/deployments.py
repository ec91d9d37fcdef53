"""Deployments: start one, wait for its end, say why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clients.coolify.errors import CoolifyNotFoundError, DeploymentFailedError
from clients.coolify.log import reason
from common.errors import OperatorError
from common.waiting import NotYetError, pause, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.coolify.client import Client
    from common.waiting import Attempt

_ENDED = frozenset({"finished", "failed", "cancelled-by-user"})
_QUEUE_SECONDS = 600
_REASON_SECONDS = 1.5


def running(client: Client, application: str) -> list[str]:
    """Return the deployments of an application that are queued or running."""
    listed = client.get(f"/deployments/applications/{application}?skip=0&take=10")
    return [str(d["deployment_uuid"]) for d in listed["deployments"] if d["status"] not in _ENDED]


def wait_for_idle(
    client: Client,
    application: str,
    label: str = "",
    progress: Callable[[Attempt], None] | None = None,
) -> None:
    """Let a running deployment end first: for a second one Coolify makes up an id."""
    wait_until(
        f"earlier deployments of {label or application} to end",
        lambda: not running(client, application),
        bound=_QUEUE_SECONDS,
        retry_on=NotYetError,
        progress=progress,
    )


def restart(client: Client, application: str) -> str:
    """Queue a restart, which for an image is a rolling redeployment; return its deployment's id."""
    answer = client.post(f"/applications/{application}/restart")
    if "deployment_uuid" not in answer:
        raise OperatorError(f"Coolify queued no restart: {answer.get('message', answer)}")
    return str(answer["deployment_uuid"])


def _start(client: Client, application: str) -> str:
    answer = client.post("/deploy", {"uuid": application, "force": True})
    return str(answer["deployments"][0]["deployment_uuid"])


def _ended(client: Client, deployment: str) -> dict[str, Any] | None:
    """Return the deployment once it has ended; a full queue is told by a 404 alone."""
    try:
        state: dict[str, Any] = client.get(f"/deployments/{deployment}")
    except CoolifyNotFoundError:
        raise NotYetError("Coolify does not know the deployment; its queue may be full") from None
    return state if state["status"] in _ENDED else None


def _with_reason(client: Client, deployment: str, state: dict[str, Any]) -> dict[str, Any]:
    """Read a failed deployment once more: the status is set before the reason is written."""
    pause(_REASON_SECONDS)
    try:
        return dict(client.get(f"/deployments/{deployment}"))
    except OperatorError:
        return state


def wait_for_end(
    client: Client,
    deployment: str,
    label: str,
    bound: float,
    progress: Callable[[Attempt], None] | None = None,
) -> None:
    """Wait until a deployment has finished.

    Raises:
        DeploymentFailedError: it ended in anything but `finished`; the text says why.
        WaitTimeoutError: it did not end within the bound.
    """
    state = wait_until(
        label,
        lambda: _ended(client, deployment),
        bound=bound,
        interval=0.5,
        max_interval=3,
        progress=progress,
    )
    if state and state["status"] != "finished":
        told = reason(_with_reason(client, deployment, state))
        raise DeploymentFailedError(f"{label} ended as {state['status']}; Coolify says:\n{told}")


def deploy(
    client: Client,
    application: str,
    label: str,
    bound: float,
    progress: Callable[[Attempt], None] | None = None,
) -> None:
    """Deploy an application's stored image and wait for the end.

    Args:
        client: Coolify's API.
        application: uuid.
        label: what is deployed, for messages: "nutri-backend-1 (tag good-2)".
        bound: seconds the deployment may take once it has started.
        progress: called before each pause.

    Raises:
        DeploymentFailedError: it ended in anything but `finished`.
        WaitTimeoutError: it did not end within the bound.
    """
    wait_for_idle(client, application)
    deployment = _start(client, application)
    wait_for_end(client, deployment, f"the deployment of {label}", bound, progress)
