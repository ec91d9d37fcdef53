"""Preflight: the catalogue is asked before anything is made, and says what is wrong."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pulumi
import pytest
import respx

from infra.guard import preflight
from infra.servers import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    Configure = Callable[..., None]

_LAST_PAGE = {"pagination": {"next_page": None}}


def _type(
    name: str, *, sold: bool = True, places: Collection[str] = ("fsn1", "nbg1")
) -> dict[str, Any]:
    offers = [{"name": one, "available": sold and one in places} for one in ("fsn1", "nbg1")]
    size = {"cores": 4, "memory": 8.0, "disk": 80, "architecture": "x86"}
    return {"name": name, "locations": offers, **size}


def _server(server_type: str, location: str = "fsn1") -> dict[str, Any]:
    return {"server_type": {"name": server_type}, "location": {"name": location}}


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects the warnings."""
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    return said


class _Hetzner:
    """The lists preflight asks for."""

    def __init__(self, api: respx.Router) -> None:
        self.types = [_type("cx33"), _type("cpx32"), _type("cx43")]
        self.servers: list[dict[str, Any]] = []
        self.labels: dict[str, str] = {}
        self.weather: list[httpx.Response | Exception] = []
        api.get("/primary_ips", params={"name": "nutri-prod-ipv4"}).mock(side_effect=self._waiting)
        api.get("/locations").mock(side_effect=self._locations)
        api.get("/server_types").mock(side_effect=self._types)
        api.get("/servers").mock(side_effect=self._servers)

    def _waiting(self, _: httpx.Request) -> httpx.Response:
        found = [{"id": 1, "labels": self.labels}] if self.labels else []
        return httpx.Response(200, json={"primary_ips": found, "meta": _LAST_PAGE})

    def _locations(self, _: httpx.Request) -> httpx.Response:
        places = [{"name": "fsn1"}, {"name": "nbg1"}]
        return httpx.Response(200, json={"locations": places, "meta": _LAST_PAGE})

    def _types(self, _: httpx.Request) -> httpx.Response:
        if self.weather:
            now = self.weather.pop(0)
            if isinstance(now, Exception):
                raise now
            return now
        return httpx.Response(200, json={"server_types": self.types, "meta": _LAST_PAGE})

    def _servers(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"servers": self.servers, "meta": _LAST_PAGE})


@pytest.fixture
def hetzner() -> Iterator[_Hetzner]:
    """A Hetzner API with two locations and three types."""
    with respx.mock(base_url="http://hetzner.test/v1", assert_all_called=False) as api:
        yield _Hetzner(api)


def _taken() -> str:
    return preflight.run("prod")[1].server_type


def _refusal() -> str:
    with pytest.raises(pulumi.RunError) as caught:
        preflight.run("prod")
    return str(caught.value)


def _priced(name: str, net: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of `_type`
    prices = [
        {"location": place, "price_monthly": {"net": net, "gross": "999"}}
        for place in ("fsn1", "nbg1")
    ]
    return _type(name, **more) | {"prices": prices}


def test_a_type_in_its_place_that_costs_much_more_is_not_taken_unasked(
    configure: Configure, hetzner: _Hetzner
) -> None:
    """By its own name it is, and one that costs little more is taken as it is."""
    hetzner.types = [_priced("cx33", "8.49", sold=False), _priced("cpx32", "35.49")]
    configure()
    refusal = _refusal()
    assert "cx33 is not to be had today" in refusal
    assert "cpx32 is, in fsn1, for 35.49 a month instead of 8.49 (4.2 times as much)" in refusal
    assert "`pulumi config set tier cpx32`" in refusal
    configure({"nutri:tier": "cpx32"})
    assert _taken() == "cpx32"
    hetzner.types[1] = _priced("cpx32", "12.00")
    configure()
    assert _taken() == "cpx32"


def test_another_place_comes_before_a_type_that_costs_much_more(
    configure: Configure, hetzner: _Hetzner
) -> None:
    """Where one is allowed."""
    hetzner.types = [_priced("cx33", "8.49", places={"nbg1"}), _priced("cpx32", "35.49")]
    configure({"nutri:locationFallbacks": ["nbg1"]})
    settings, choice = preflight.run("prod")
    assert (settings.location, choice.server_type) == ("nbg1", "cx33")


def test_a_tier_is_the_first_type_sold(configure: Configure, hetzner: _Hetzner) -> None:
    """The preferred type is taken while it is sold, the next one when it is not."""
    configure()
    assert _taken() == "cx33"
    hetzner.types[0] = _type("cx33", sold=False)
    assert _taken() == "cpx32"


def test_a_server_is_not_moved_by_the_catalogue(configure: Configure, hetzner: _Hetzner) -> None:
    """A server that exists keeps its type although another is preferred, or it is sold out."""
    configure()
    hetzner.servers = [_server("cpx32")]
    assert _taken() == "cpx32"
    hetzner.types[1] = _type("cpx32", sold=False)
    assert _taken() == "cpx32"


@pytest.mark.usefixtures("hetzner")
def test_a_type_may_be_named(configure: Configure) -> None:
    """A type's own name is as good as a tier."""
    configure({"nutri:tier": "cx43"})
    assert _taken() == "cx43"


@pytest.mark.usefixtures("hetzner")
def test_catalogue_and_config_mistakes_come_together(configure: Configure) -> None:
    """Unknown tier, unknown location and a malformed network are three lines of one message."""
    configure(
        {"nutri:tier": "huge", "nutri:location": "moon", "nutri:sshNetworks": ["203.0.113.7/24"]}
    )
    said = _refusal()
    assert "3 mistake(s), nothing was touched" in said
    assert "nutri:tier: 'huge' is neither a tier (small, medium, large)" in said
    assert "nutri:location: 'moon' is none of Hetzner's: fsn1, nbg1" in said
    assert "nutri:sshNetworks[0]" in said


def test_a_sold_out_tier_says_what_was_tried(configure: Configure, hetzner: _Hetzner) -> None:
    """When nothing of a tier is sold, the message lists types, places and what to set."""
    configure({"nutri:locationFallbacks": ["nbg1"]})
    hetzner.types = [_type("cx33", sold=False)]
    said = _refusal()
    assert "nutri:tier: none of cx33 is sold in fsn1 or nbg1 today" in said
    assert "nutri:locationFallbacks" in said


def test_another_type_is_taken_before_another_location(
    configure: Configure, hetzner: _Hetzner
) -> None:
    """As long as the first location has one of the tier."""
    configure({"nutri:locationFallbacks": ["nbg1"]})
    hetzner.types = [_type("cx33", places={"nbg1"}), _type("cpx32")]
    settings, choice = preflight.run("prod")
    assert (settings.location, choice.server_type) == ("fsn1", "cpx32")


def test_a_fallback_location_is_taken_where_nothing_is_left(
    configure: Configure, hetzner: _Hetzner, warned: list[str]
) -> None:
    """It is told, and the settings hold the location that was taken."""
    configure({"nutri:locationFallbacks": ["nbg1"]})
    hetzner.types = [_type("cx33", places={"nbg1"}), _type("cpx32", places={"nbg1"})]
    settings, choice = preflight.run("prod")
    assert (settings.location, choice.server_type) == ("nbg1", "cx33")
    assert warned == ["fsn1 has none of tier small left; the server is made in nbg1"]


@pytest.mark.parametrize(
    ("refused", "taken"),
    [
        ({"fsn1-cx33"}, ("fsn1", "cpx32")),
        ({"fsn1-cx33", "fsn1-cpx32"}, ("nbg1", "cx33")),
        # All of it, once: then from the beginning.
        ({"fsn1-cx33", "fsn1-cpx32", "nbg1-cx33", "nbg1-cpx32"}, ("fsn1", "cx33")),
    ],
)
def test_what_was_refused_before_is_passed_over(
    configure: Configure,
    hetzner: _Hetzner,
    warned: list[str],
    refused: set[str],
    taken: tuple[str, str],
) -> None:
    """The address that waits for the server tells; so do the warnings."""
    configure({"nutri:locationFallbacks": ["nbg1"]})
    hetzner.labels = {"mine": "yes"} | {f"refused-{one}": "yes" for one in refused}
    settings, choice = preflight.run("prod")
    assert (settings.location, choice.server_type) == taken
    told = [line for line in warned if line.startswith("Hetzner refused ")]
    assert len(choice.refused) == len(refused) * len(told)
    assert bool(told) is (taken != ("fsn1", "cx33"))


def test_a_server_that_exists_was_refused_nothing(configure: Configure, hetzner: _Hetzner) -> None:
    """Its address is not asked what happened before it came."""
    configure()
    hetzner.servers, hetzner.labels = [_server("cx33")], {"refused-fsn1-cx33": "yes"}
    choice = preflight.run("prod")[1]
    assert (choice.exists, choice.server_type, choice.refused) == (True, "cx33", frozenset())


def test_a_server_stays_where_it_was_made(configure: Configure, hetzner: _Hetzner) -> None:
    """In a fallback location, with the first one on sale again: it would be another server."""
    configure({"nutri:locationFallbacks": ["nbg1"], "nutri:tier": "medium"})
    hetzner.servers = [_server("cx33", "nbg1")]
    settings, choice = preflight.run("prod")
    assert (settings.location, choice.server_type) == ("nbg1", "cx43")


def test_a_resize_finds_its_type_where_the_server_is(
    configure: Configure, hetzner: _Hetzner
) -> None:
    """Another location is no help for a server that exists."""
    configure({"nutri:locationFallbacks": ["nbg1"], "nutri:tier": "medium"})
    hetzner.servers = [_server("cx33")]
    hetzner.types = [_type("cx33"), _type("cx43", places={"nbg1"})]
    assert "none of cx43 is sold in fsn1 today" in _refusal()


@pytest.mark.parametrize(
    ("asked", "taken"), [("cx32", "cx33"), ("cx42", "cx43"), ("cx52", "cx53"), ("cx53", "cx53")]
)
def test_a_retired_type_stands_for_its_successor(
    configure: Configure, hetzner: _Hetzner, warned: list[str], asked: str, taken: str
) -> None:
    """The runbook's ladder goes on to work, and says what it means today."""
    hetzner.types.append(_type("cx53"))
    configure({"nutri:tier": asked})
    assert _taken() == taken
    told = [f"{asked} is no longer sold; {taken} is its successor"]
    assert warned == (told if asked != taken else [])


@pytest.mark.parametrize("tier", ["cx32", "small"])
@pytest.mark.usefixtures("hetzner")
def test_an_old_server_keeps_its_retired_type(
    configure: Configure, hetzner: _Hetzner, warned: list[str], tier: str
) -> None:
    """It is of the tier still, although no list shows its type."""
    configure({"nutri:tier": tier})
    hetzner.servers = [_server("cx32")]
    assert _taken() == "cx32"
    assert warned == []


@pytest.mark.usefixtures("hetzner")
def test_an_unknown_fallback_is_named(configure: Configure) -> None:
    """By its place in the list."""
    configure({"nutri:locationFallbacks": ["nbg1", "moon"]})
    assert "nutri:locationFallbacks[1]: 'moon' is none of Hetzner's: fsn1, nbg1" in _refusal()


def test_an_unreachable_endpoint_is_named(configure: Configure) -> None:
    """Nobody answers: the message names the setting, the address and what to do."""
    configure({"hcloud:endpoint": "http://127.0.0.1:9/v1"})
    said = _refusal()
    assert "hcloud:endpoint: no Hetzner API at http://127.0.0.1:9/v1" in said
    assert "make up" in said


def test_a_refused_token_is_named(configure: Configure) -> None:
    """401 points to the token, not to the endpoint."""
    configure()
    with respx.mock(base_url="http://hetzner.test/v1") as api:
        api.get("/locations").respond(401, json={"error": {"code": "unauthorized"}})
        assert "hcloud:token: Hetzner's API refuses it" in _refusal()


def test_a_public_passphrase_is_refused_before_anything_is_touched(
    configure: Configure,
    hetzner: _Hetzner,  # noqa: ARG001 - it is asked
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The local stack's, with a cloud that is not on this machine: one mistake more."""
    configure({"nutri:location": "fsn1"})
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "local")
    said = _refusal()
    assert "1 mistake(s), nothing was touched" in said
    assert "PULUMI_CONFIG_PASSPHRASE: it is 'local'" in said
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse battery")
    assert _taken() == "cx33"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without the waiting; the clock goes on all the same."""
    waited: list[float] = []
    began = time.monotonic()
    monkeypatch.setattr(catalogue.time, "sleep", waited.append)  # type: ignore[attr-defined]
    monkeypatch.setattr(catalogue.time, "monotonic", lambda: began + sum(waited))  # type: ignore[attr-defined]
    return waited


@pytest.mark.parametrize(
    ("weather", "least"),
    [
        (httpx.Response(503), 1),
        (httpx.Response(429, headers={"Retry-After": "5"}), 5),
        (httpx.Response(429), 1),
        (httpx.ReadTimeout("late"), 1),
    ],
)
def test_weather_is_waited_out(
    configure: Configure,
    hetzner: _Hetzner,
    pauses: list[float],
    weather: httpx.Response | Exception,
    least: float,
) -> None:
    """By the API's own wait where it gives one; then all is as ever."""
    configure()
    hetzner.weather = [weather, weather]
    assert _taken() == "cx33"
    assert len(pauses) == 2
    assert min(pauses) >= least


def test_weather_that_stays_is_no_mistake(
    configure: Configure, hetzner: _Hetzner, pauses: list[float]
) -> None:
    """Within a bound, and never called one in the config."""
    configure({"nutri:tier": "huge"})
    hetzner.weather = [httpx.Response(503)] * 99
    said = _refusal()
    assert "mistake" not in said
    assert "nothing was touched: Hetzner's API is busy or away: /server_types answered 503" in said
    assert sum(pauses) <= catalogue.PATIENCE_SECONDS
