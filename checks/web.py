"""One HTTP request from outside, pinned to the address that DNS gives."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from clients.http import reason
from common.errors import OperatorError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping

    from clients.dns import Resolver

_BODY_LIMIT = 65_536


@dataclass(frozen=True)
class Answer:
    """What came back; `failure` says why nothing did. `seconds` runs from connect to last byte."""

    status: int | None = None
    body: str = ""
    seconds: float = 0.0
    failure: str | None = None
    location: str = ""
    """Where a redirection leads."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""

    @property
    def fields(self) -> dict[str, Any]:
        """The body's JSON object; empty when it is something else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def failed(answers: Iterable[Answer]) -> str | None:
    """Why the first of them that is none came to nothing; None where all are answers."""
    return next((one.failure for one in answers if one.failure is not None), None)


class Web:
    """Sends requests as a stranger would: public name, verified certificate, fresh connection."""

    def __init__(self, resolver: Resolver, trust: ssl.SSLContext, timeout: float) -> None:
        self._resolver = resolver
        self._trust = trust
        self._timeout = timeout

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a URL over a connection of its own; failures become part of the answer."""
        try:
            return self._get(httpx.URL(url), headers or {})
        except (OperatorError, httpx.HTTPError) as error:
            return Answer(failure=reason(error, self._timeout))

    def get_at(self, address: str, url: str) -> Answer:
        """GET a URL from an address, whatever DNS says of its name."""
        try:
            return self._ask(address, httpx.URL(url), {})
        except httpx.HTTPError as error:
            return Answer(failure=reason(error, self._timeout))

    def _get(self, url: httpx.URL, more: Mapping[str, str]) -> Answer:
        return self._ask(self._resolver.addresses(url.host)[0], url, more)

    def _ask(self, address: str, url: httpx.URL, more: Mapping[str, str]) -> Answer:
        started = time.monotonic()
        with (
            httpx.Client(verify=self._trust, timeout=self._timeout, trust_env=False) as client,
            client.stream(
                "GET",
                url.copy_with(host=address),
                headers={**more, "Host": url.netloc.decode(), "Connection": "close"},
                extensions={"sni_hostname": url.host},
            ) as response,
        ):
            body = _read(response, started + self._timeout)
        return Answer(
            response.status_code,
            body,
            time.monotonic() - started,
            location=response.headers.get("Location", ""),
            headers=dict(response.headers),
        )


def _read(response: httpx.Response, deadline: float) -> str:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the body did not end in time")
        if len(body) > _BODY_LIMIT:
            break
    return body[:_BODY_LIMIT].decode(errors="replace")
