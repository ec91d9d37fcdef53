"""What Hetzner sells today: server types by location, asked before anything is made."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal  # noqa: TC003 - pydantic reads the annotation
from itertools import count
from typing import Any

import httpx
import pulumi
from pydantic import BaseModel

from common.errors import OperatorError
from infra.servers import refusals
from infra.servers.refusals import Refused  # noqa: TC001 - pydantic reads the annotations

_TIMEOUT_SECONDS = 20
_PAGE = 50
PATIENCE_SECONDS = 90.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_TOO_MANY, _ITS_OWN_FAULT = 429, 500


class CatalogueError(OperatorError):
    """The Hetzner API could not be asked."""


class Offer(BaseModel):
    """A server type in one location."""

    name: str
    available: bool = True


class Amount(BaseModel):
    """Money, without VAT."""

    net: Decimal


class Price(BaseModel):
    """What a server type costs in one location."""

    location: str
    price_monthly: Amount


class ServerType(BaseModel):
    """A server type: cores, memory in GB, disk in GB, where it is sold and for how much."""

    name: str
    cores: int
    memory: float
    disk: int
    architecture: str
    locations: list[Offer] = []
    prices: list[Price] = []

    def sold_in(self, location: str) -> bool:
        """Whether it can be ordered in a location today."""
        return any(offer.name == location and offer.available for offer in self.locations)

    def monthly(self, location: str) -> Decimal | None:
        """What it costs a month in a location; None where Hetzner does not tell."""
        found = (one.price_monthly.net for one in self.prices if one.location == location)
        return next(found, None)


class Current(BaseModel):
    """A server that exists."""

    server_type: str
    location: str


class Catalogue(BaseModel):
    """Locations, server types, and the stack's server where it exists already."""

    locations: tuple[str, ...]
    server_types: tuple[ServerType, ...]
    current: Current | None = None
    refused: frozenset[Refused] = frozenset()
    """What was not to be had although it is on sale; of a server that is not there yet."""

    def memory(self, server_type: str) -> int:
        """Bytes that a server type has; 0 where it is not listed any more."""
        found = (one.memory for one in self.server_types if one.name == server_type)
        return int(next(found, 0) * 2**30)


class WeatherError(CatalogueError):
    """The API is busy or away for a while: no mistake of anybody here."""


class _LaterError(OperatorError):
    """Not now; `pause` is what the API itself asks for, in seconds."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


def _patiently(client: httpx.Client, path: str, params: dict[str, str | int]) -> httpx.Response:
    """Ask again while the API is busy or away, after the pause it asks for.

    Raises:
        WeatherError: it stayed so.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    for number in count():
        try:
            return _asked(client, path, params)
        except _LaterError as later:
            pause = min(max(later.pause, _FIRST_PAUSE * 2**number), _LONGEST_PAUSE)
            if time.monotonic() + pause > deadline:
                raise WeatherError(
                    f"Hetzner's API is busy or away: {later}; it was asked {number + 1} times in "
                    f"{PATIENCE_SECONDS:g} s. Nothing is wrong here: the same command again, later"
                ) from None
            pulumi.log.info(f"Hetzner's API: {later}; asked again in {pause:.0f} s")
            time.sleep(pause)
    raise AssertionError("it is asked until it answers, or the time is over")


def _asked(client: httpx.Client, path: str, params: dict[str, str | int]) -> httpx.Response:
    try:
        response = client.get(path, params=params)
    except (httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ReadError) as error:
        raise _LaterError(f"{path} got no answer ({type(error).__name__})") from None
    if response.status_code == _TOO_MANY or response.status_code >= _ITS_OWN_FAULT:
        raise _LaterError(f"{path} answered {response.status_code}", _wanted_pause(response))
    return response


def _wanted_pause(response: httpx.Response) -> float:
    """What the API asks for; its limit tells no pause, and lets in one request more each second."""
    try:
        return float(response.headers.get("Retry-After") or 0)
    except ValueError:  # a date, which proxies may send
        return 0.0


def _get(client: httpx.Client, path: str, **params: str | int) -> dict[str, Any]:
    response = _patiently(client, path, params)
    if response.status_code in {401, 403}:
        raise CatalogueError(
            "hcloud:token: Hetzner's API refuses it; make a read-write token of the right project"
        )
    if response.is_error:
        raise CatalogueError(f"hcloud:endpoint: {path} answered {response.status_code}")
    return dict(response.json())


def _all(client: httpx.Client, noun: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    page: int | None = 1
    while page:
        body = _get(client, f"/{noun}", page=page, per_page=_PAGE)
        items += body[noun]
        page = body["meta"]["pagination"]["next_page"]
    return items


def _current(client: httpx.Client, server: str) -> Current | None:
    found = _get(client, "/servers", name=server)["servers"]
    if not found:
        return None
    (one,) = found
    return Current(server_type=one["server_type"]["name"], location=one["location"]["name"])


def _refused(client: httpx.Client, address: str) -> frozenset[Refused]:
    found = _get(client, "/primary_ips", name=address)["primary_ips"]
    return frozenset().union(*(refusals.noted(one["labels"]) for one in found))


def fetch(endpoint: str, token: str, server: str, address: str) -> Catalogue:
    """Ask for locations, server types and `server`, all at once; then for what it was refused.

    Args:
        endpoint: of the API.
        token: for it.
        server: name of the stack's first server.
        address: name of the address that notes what was refused.

    Raises:
        CatalogueError: the endpoint cannot be reached, refuses the token or answers no API.
    """
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with (
            httpx.Client(base_url=endpoint, headers=headers, timeout=_TIMEOUT_SECONDS) as client,
            ThreadPoolExecutor() as at_once,
        ):
            places = at_once.submit(_all, client, "locations")
            types = at_once.submit(_all, client, "server_types")
            current = at_once.submit(_current, client, server)
            found = {
                "locations": [place["name"] for place in places.result()],
                "server_types": types.result(),
                "current": current.result(),
            }
            refused = () if found["current"] else _refused(client, address)
            return Catalogue.model_validate(found | {"refused": refused})
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise CatalogueError(
            f"hcloud:endpoint: no Hetzner API at {endpoint} ({error}); is the network up,"
            " and is the local cloud running if this is its stack (`make up`)?"
        ) from None
