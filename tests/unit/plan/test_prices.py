"""Prices by a made-up price list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import respx

from runbook.plan.prices import Prices, PricesError, fetch


def _price(net: str, location: str = "fsn1") -> dict[str, Any]:
    return {"location": location, "price_monthly": {"net": net, "gross": "999"}}


_PRICING = {
    "currency": "EUR",
    "server_types": [{"name": "cx33", "prices": [_price("10.00"), _price("12.00", "ash")]}],
    "load_balancer_types": [{"name": "lb11", "prices": [_price("6.00")]}],
    "primary_ips": [
        {"type": "ipv4", "prices": [_price("0.50")]},
        {"type": "ipv6", "prices": [_price("0.00")]},
    ],
    "floating_ips": [{"type": "ipv4", "prices": [_price("3.00")]}],
    "volume": {"price_per_gb_month": {"net": "0.0440", "gross": "999"}},
    "server_backup": {"percentage": "20.00"},
}
_RUNNING = [{"name": "cx32", "prices": [_price("7.00")]}]
_OWN = [{"ipv4Enabled": True, "ipv4": 7}]


@pytest.mark.parametrize(
    ("noun", "properties", "price"),
    [
        ("Server", {"serverType": "cx33", "location": "fsn1", "publicNets": _OWN}, "10.00"),
        ("Server", {"serverType": "cx33", "location": "ash", "publicNets": _OWN}, "12.00"),
        ("Server", {"serverType": "cx33", "location": "fsn1", "publicNets": _OWN,
                    "backups": True}, "12.00"),
        ("Server", {"serverType": "cx33", "location": "fsn1"}, "10.50"),
        ("Server", {"serverType": "cx33", "location": "fsn1",
                    "publicNets": [{"ipv4Enabled": False}]}, "10.00"),
        ("Server", {"serverType": "cx32", "location": "fsn1", "publicNets": _OWN}, "7.00"),
        ("Server", {"serverType": "cx99", "location": "fsn1"}, None),
        ("PrimaryIp", {"type": "ipv4", "location": "fsn1"}, "0.50"),
        ("PrimaryIp", {"type": "ipv6", "location": "fsn1"}, "0.00"),
        ("FloatingIp", {"type": "ipv4", "homeLocation": "fsn1"}, "3.00"),
        ("Volume", {"size": 100}, "4.40"),
        ("Volume", {}, None),
        ("LoadBalancer", {"loadBalancerType": "lb11", "location": "fsn1"}, "6.00"),
        ("LoadBalancer", {"loadBalancerType": "lb11", "networkZone": "eu-central"}, "6.00"),
        ("Snapshot", {}, None),
        ("Firewall", {}, "0"),
    ],
)  # fmt: skip
def test_what_a_resource_costs(noun: str, properties: dict[str, Any], price: str | None) -> None:
    """By type and location, net; a type no longer sold by the server that has it."""
    found = Prices.parse(_PRICING, _RUNNING).monthly(f"hcloud:index/x:{noun}", properties)
    assert found == (None if price is None else Decimal(price))


def test_the_list_is_asked_for_with_the_servers_own_types() -> None:
    """Both answers make one list."""
    with respx.mock(base_url="http://hetzner.test/v1") as api:
        api.get("/pricing").respond(json={"pricing": _PRICING})
        api.get("/servers").respond(json={"servers": [{"server_type": _RUNNING[0]}]})
        boxes = [{"name": "bx11", "prices": [_price("3.20", "hel1")]}]
        api.get("http://boxes.test/v1/storage_box_types").respond(json={"storage_box_types": boxes})
        prices = fetch("http://hetzner.test/v1", "t" * 64, "http://boxes.test/v1")
    assert {name for name, _ in prices.server_types} == {"cx32", "cx33"}
    box = {"storageBoxType": "bx11", "location": "hel1"}
    assert prices.monthly("hcloud:index/storageBox:StorageBox", box) == Decimal("3.20")


def test_storage_boxes_alone_may_be_unknown() -> None:
    """Another API sells them: without its word the rest has a price all the same."""
    with respx.mock(base_url="http://hetzner.test/v1") as api:
        api.get("/pricing").respond(json={"pricing": _PRICING})
        api.get("/servers").respond(json={"servers": []})
        api.get("http://boxes.test/v1/storage_box_types").respond(503)
        prices = fetch("http://hetzner.test/v1", "t" * 64, "http://boxes.test/v1")
    assert prices.server_types
    assert prices.monthly("hcloud:index/storageBox:StorageBox", {}) is None


def test_no_list_is_told_without_the_token() -> None:
    """A refused token is named by its place only."""
    with respx.mock(base_url="http://hetzner.test/v1") as api:
        api.get("/pricing").respond(401)
        with pytest.raises(PricesError, match=r"no price list at http://hetzner.test/v1") as caught:
            fetch("http://hetzner.test/v1", "t" * 64)
    assert "tttt" not in str(caught.value)
