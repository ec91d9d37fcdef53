"""The few calls on Coolify's API that an operator needs, through a tunnel to the first server."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx

from common.errors import OperatorError
from common.waiting import NotYetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.ssh import SshClient
    from common.target import CoolifyTarget

ENDED = frozenset({"finished", "failed", "cancelled-by-user"})
_TIMEOUT = 60.0
_LAST_LINES = 10


class CoolifyError(OperatorError):
    """Coolify refused, or gave no answer."""


class Coolify:
    """Calls on the API; made by `connect`."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def running(self, application: str) -> list[str]:
        """The deployments of an application that have not ended.

        Raises:
            CoolifyError: when it does not tell.
        """
        listed = self._call("GET", f"/deployments/applications/{application}?skip=0&take=10")
        return [
            str(one["deployment_uuid"])
            for one in listed["deployments"]
            if one["status"] not in ENDED
        ]

    def restart(self, application: str) -> str:
        """Queue a restart, which for an image is a rolling redeployment; its deployment's id.

        Raises:
            CoolifyError: when it refuses.
        """
        answer = self._call("POST", f"/applications/{application}/restart")
        if "deployment_uuid" not in answer:
            raise CoolifyError(f"Coolify queued no restart: {answer.get('message', answer)}")
        return str(answer["deployment_uuid"])

    def ended(self, deployment: str) -> bool:
        """Whether a deployment has finished; false as long as it runs.

        Raises:
            NotYetError: when Coolify does not know it (yet: a full queue is told by this alone).
            CoolifyError: when it failed; the text has its last lines.
        """
        response = self._request("GET", f"/deployments/{deployment}")
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotYetError("Coolify does not know the deployment; its queue may be full")
        state = _body(response)
        if state["status"] in ENDED - {"finished"}:
            raise CoolifyError(f"it ended as {state['status']}; its last lines:\n{_tail(state)}")
        return bool(state["status"] == "finished")

    def _call(self, method: str, path: str) -> Any:  # noqa: ANN401 - JSON
        return _body(self._request(method, path))

    def _request(self, method: str, path: str) -> httpx.Response:
        try:
            return self._http.request(method, f"/api/v1{path}")
        except httpx.HTTPError as error:
            raise CoolifyError(
                f"Coolify's API gives no answer ({error or type(error).__name__}); "
                "`runbook restart SERVICE --hard` does without it"
            ) from error


@contextlib.contextmanager
def connect(client: SshClient, target: CoolifyTarget) -> Iterator[Coolify]:
    """A tunnel to the server's own port of the API, and a client on it."""
    headers = {
        "Authorization": f"Bearer {target.token.get_secret_value()}",
        "Accept": "application/json",
    }
    with (
        client.tunnel(target.port) as socket,
        httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)),
            base_url="http://coolify",
            headers=headers,
            timeout=_TIMEOUT,
        ) as http,
    ):
        yield Coolify(http)


def _body(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        body = response.json()
    except ValueError:
        body = {"message": response.text[:200]}
    if response.is_error:
        raise CoolifyError(
            f"Coolify refuses {response.request.method} {response.request.url.path}: "
            f"{response.status_code} {body.get('message', '')}"
        )
    return body


def _tail(state: dict[str, Any]) -> str:
    try:
        entries = json.loads(state.get("logs") or "[]")
        lines = [line for one in entries for line in str(one.get("output", "")).splitlines()]
    except (ValueError, AttributeError):
        lines = str(state.get("logs")).splitlines()
    return "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])
