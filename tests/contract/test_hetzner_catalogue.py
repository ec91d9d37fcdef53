"""Locations, server types, prices: what is sold where, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


def _types(hetzner: HetznerDouble) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in hetzner.get("/server_types?per_page=50")["server_types"]}


def test_locations(hetzner: HetznerDouble) -> None:
    """Ids and names are the vendor's; lookup by name is exact."""
    found = hetzner.get("/locations")["locations"]
    assert [(one["id"], one["name"]) for one in found][:3] == [
        (1, "fsn1"),
        (2, "nbg1"),
        (3, "hel1"),
    ]
    assert hetzner.get("/locations?name=ash")["locations"][0]["network_zone"] == "us-east"
    assert hetzner.error(hetzner.http.get("/locations/99")) == (404, "not_found")


def test_successors_are_sold_and_predecessors_are_not(hetzner: HetznerDouble) -> None:
    """The CX ladder of 2026: gen 3 is there, gen 2 only by id."""
    types = _types(hetzner)
    sizes = {
        name: (types[name]["cores"], types[name]["memory"]) for name in ("cx33", "cx43", "cx53")
    }
    assert sizes == {"cx33": (4, 8), "cx43": (8, 16), "cx53": (16, 32)}
    assert not {"cx11", "cx32", "cx42", "cx52"} & set(types)
    old = hetzner.get("/server_types/1")["server_type"]
    assert (old["name"], old["deprecated"]) == ("cx11", True)
    assert not any(one["available"] for one in old["locations"])


def test_deprecation_is_per_location(hetzner: HetznerDouble) -> None:
    """The first CPX generation ended in Europe only."""
    cpx = _types(hetzner)["cpx31"]
    ended = {one["name"]: one["deprecation"] is not None for one in cpx["locations"]}
    assert (ended["fsn1"], ended["ash"]) == (True, False)
    assert (cpx["deprecated"], cpx["deprecation"]) == (False, None)


def test_turning_the_clock_back_brings_old_types_back(hetzner: HetznerDouble) -> None:
    """Before its last day a type is listed, deprecated and available."""
    then = datetime(2025, 12, 1, tzinfo=UTC)
    offset = (then - datetime.now(UTC)).total_seconds()
    hetzner.turn("PATCH", "/knobs", {"clock_offset": offset})
    old = _types(hetzner)["cx32"]
    assert old["deprecated"]
    assert old["deprecation"]["unavailable_after"].startswith("2025-12-31")
    assert hetzner.server(server_type="cx32")["created"].startswith("2025-12-01")


def test_sold_out_shows_in_the_catalogue(hetzner: HetznerDouble) -> None:
    """A sold-out location is neither available nor recommended; the others are."""
    hetzner.turn("PATCH", "/knobs", {"sold_out": {"cx33": ["fsn1"]}})
    places = {one["name"]: one for one in _types(hetzner)["cx33"]["locations"]}
    assert (places["fsn1"]["available"], places["fsn1"]["recommended"]) == (False, False)
    assert (places["nbg1"]["available"], places["nbg1"]["recommended"]) == (True, True)


def test_prices_agree(hetzner: HetznerDouble) -> None:
    """/pricing and the types tell the same; gross is net plus 19 %, hourly a 624th of monthly."""
    priced = {
        one["name"]: one["prices"] for one in hetzner.get("/pricing")["pricing"]["server_types"]
    }
    types = _types(hetzner)
    assert priced == {name: one["prices"] for name, one in types.items()}
    price = next(one for one in types["cx33"]["prices"] if one["location"] == "fsn1")
    net, gross = (Decimal(price["price_monthly"][key]) for key in ("net", "gross"))
    assert net == Decimal("8.49")
    assert gross == net * Decimal("1.19")
    assert Decimal(price["price_hourly"]["net"]) == round(net / 624, 4)
