"""A typed client for the part of Coolify's API that is used, through an SSH tunnel.

Coolify's port stays closed to the world, so the client talks to the server's own loopback
address. Success codes of Coolify are uneven (200 and 201), hence any 2xx will do.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from clients.coolify.errors import (
    CoolifyDeniedError,
    CoolifyError,
    CoolifyNotFoundError,
    CoolifyUnreachableError,
)
from clients.ssh import tunnel
from common.target import SshTarget
from common.waiting import pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import httpx

    from clients.ssh import SshClient
    from common.target import CoolifyTarget

_TIMEOUT_SECONDS = 60
_TOO_MANY = 429
_MOST_PAUSES, _LONGEST_PAUSE_SECONDS = 4, 60
"""Coolify counts requests in windows of a minute; a full queue of deployments asks for one, too."""
_KINDS = {401: CoolifyDeniedError, 403: CoolifyDeniedError, 404: CoolifyNotFoundError}


def _message(response: httpx.Response) -> str:
    """Return Coolify's own words; `errors` holds lists, or bare strings for hand-made ones."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:200]
    errors = body.get("errors") or {}
    details = [f"{field}: {value}" for field, value in errors.items()]
    return " ".join([str(body.get("message", "")), *details])


def _asked_for(response: httpx.Response) -> float:
    """Return the seconds Coolify asks us to wait."""
    try:
        asked = float(response.headers.get("Retry-After") or 1)
    except ValueError:  # a date, from something in between
        return _LONGEST_PAUSE_SECONDS
    return min(max(asked, 1.0), _LONGEST_PAUSE_SECONDS)


class Client:
    """Calls on Coolify's API; made by `connect` or `over`."""

    def __init__(self, http: httpx.Client, renew: Callable[[], httpx.Client] | None = None) -> None:
        """`renew` makes the connection anew; it is called before the call after a lost one."""
        self._http = http
        self._renew = renew
        self._is_lost = False

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        """Send one request and return the decoded answer (text where it is no JSON).

        Where Coolify limits our rate (200 requests a minute and user), it did nothing yet: the
        request is sent again after the pause it asks for, a few times.

        Raises:
            CoolifyNotFoundError: 404.
            CoolifyDeniedError: 401 or 403.
            CoolifyError: any other error status.
            CoolifyUnreachableError: no answer at all; the next call is over a new connection.
            SshError: that one cannot be made either.
        """
        response = self._send(method, path, body)
        for _ in range(_MOST_PAUSES):
            if response.status_code != _TOO_MANY:
                break
            pause(_asked_for(response))
            response = self._send(method, path, body)
        if response.is_error:
            kind = _KINDS.get(response.status_code, CoolifyError)
            raise kind(method, path, response.status_code, _message(response))
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return response.json() if is_json else response.text

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        import httpx  # noqa: PLC0415 - a preview needs none of it, and it takes a while to load

        if self._is_lost and self._renew:
            self._http = self._renew()
        self._is_lost = False
        try:
            return self._http.request(method, f"/api/v1{path}", json=body)
        except httpx.HTTPError as error:
            self._is_lost = True
            why = str(error) or type(error).__name__
            text = f"Coolify's API gave no answer to {method} {path} ({why})"
            raise CoolifyUnreachableError(text) from None

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """GET."""
        return self.call("GET", path)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """POST."""
        return self.call("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """PATCH."""
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> None:
        """DELETE; what is gone already is no error."""
        with contextlib.suppress(CoolifyNotFoundError):
            self.call("DELETE", path)


@contextlib.contextmanager
def connect(connection: Mapping[str, Any]) -> Iterator[Client]:
    """Open a tunnel to the server and a client on it.

    Args:
        connection: `host`, `port`, `user`, `host_key`, `private_key`, `api_port`, `token`.
    """
    target = SshTarget.of(connection)
    port, token = int(connection["api_port"]), connection["token"]
    with _renewed(lambda: tunnel(target, port), token) as client:
        yield client


@contextlib.contextmanager
def over(ssh: SshClient, target: CoolifyTarget) -> Iterator[Client]:
    """Open a tunnel through a connection there is already, and a client on it."""
    token = target.token.get_secret_value()
    with _renewed(lambda: ssh.tunnel(target.port), token) as client:
        yield client


@contextlib.contextmanager
def _renewed(
    dig: Callable[[], contextlib.AbstractContextManager[Path]], token: str
) -> Iterator[Client]:
    """Yield a client that digs a new tunnel whenever the one it has was lost."""
    with contextlib.ExitStack() as held:

        def renew() -> httpx.Client:
            held.close()
            return held.enter_context(_on(held.enter_context(dig()), token))

        yield Client(renew(), renew)


@contextlib.contextmanager
def _on(socket: Path, token: str) -> Iterator[httpx.Client]:
    import httpx  # noqa: PLC0415 - see above

    with httpx.Client(
        transport=httpx.HTTPTransport(uds=str(socket)),
        base_url="http://coolify",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=_TIMEOUT_SECONDS,
    ) as http:
        yield http
