"""Preflight: the catalogue is asked before anything is made, and says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pulumi
import pytest
import respx

from infra import preflight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Configure = Callable[..., None]

_LAST_PAGE = {"pagination": {"next_page": None}}


def _type(name: str, *, sold: bool = True, cores: int = 4) -> dict[str, Any]:
    places = [{"name": "fsn1", "available": sold}, {"name": "nbg1", "available": sold}]
    size = {"cores": cores, "memory": 8.0, "disk": 80, "architecture": "x86"}
    return {"name": name, "locations": places, **size}


class _Hetzner:
    """The three lists preflight asks for."""

    def __init__(self, api: respx.Router) -> None:
        self.types = [_type("cx33"), _type("cpx32"), _type("cx43")]
        self.servers: list[dict[str, Any]] = []
        api.get("/locations").mock(side_effect=self._locations)
        api.get("/server_types").mock(side_effect=self._types)
        api.get("/servers").mock(side_effect=self._servers)

    def _locations(self, _: httpx.Request) -> httpx.Response:
        places = [{"name": "fsn1"}, {"name": "nbg1"}]
        return httpx.Response(200, json={"locations": places, "meta": _LAST_PAGE})

    def _types(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"server_types": self.types, "meta": _LAST_PAGE})

    def _servers(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"servers": self.servers, "meta": _LAST_PAGE})


@pytest.fixture
def hetzner() -> Iterator[_Hetzner]:
    """A Hetzner API with two locations and three types."""
    with respx.mock(base_url="http://hetzner.test/v1", assert_all_called=False) as api:
        yield _Hetzner(api)


def _refusal() -> str:
    with pytest.raises(pulumi.RunError) as caught:
        preflight.run("prod")
    return str(caught.value)


def test_a_tier_is_the_first_type_sold(configure: Configure, hetzner: _Hetzner) -> None:
    """The preferred type is taken while it is sold, the next one when it is not."""
    configure()
    assert preflight.run("prod")[1].name == "cx33"
    hetzner.types[0] = _type("cx33", sold=False)
    assert preflight.run("prod")[1].name == "cpx32"


def test_a_server_is_not_moved_by_the_catalogue(configure: Configure, hetzner: _Hetzner) -> None:
    """A server that exists keeps its type although another is preferred, or it is sold out."""
    configure()
    hetzner.servers = [{"server_type": {"name": "cpx32"}}]
    assert preflight.run("prod")[1].name == "cpx32"
    hetzner.types[1] = _type("cpx32", sold=False)
    assert preflight.run("prod")[1].name == "cpx32"


@pytest.mark.usefixtures("hetzner")
def test_a_type_may_be_named(configure: Configure) -> None:
    """A type's own name is as good as a tier."""
    configure({"nutri:tier": "cx43"})
    assert preflight.run("prod")[1].name == "cx43"


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
    """When nothing of a tier is sold, the message lists the types and what to set."""
    configure()
    hetzner.types = [_type("cx33", sold=False)]
    assert "nutri:tier: none of cx33 is sold in fsn1 today" in _refusal()


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
