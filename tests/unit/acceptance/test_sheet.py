"""The price sheet: what a preview makes, by the hour, at its dearest, against the limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from acceptance import sheet
from acceptance.config import AcceptanceError, Config, Limit


def _price(location: str, hour: str | None, month: str) -> dict[str, Any]:
    one = {"location": location, "price_monthly": {"net": "0", "gross": month}}
    return one if hour is None else one | {"price_hourly": {"net": "0", "gross": hour}}


_PRICING = {
    "currency": "EUR",
    "server_types": [
        {"name": "cx33", "prices": [_price("fsn1", "0.0100", "6")]},
        {"name": "cx43", "prices": [_price("fsn1", "0.0200", "12")]},
    ],
    "load_balancer_types": [{"name": "lb11", "prices": [_price("fsn1", "0.0090", "6")]}],
    "primary_ips": [{"type": "ipv4", "prices": [_price("fsn1", "0.0010", "0.7")]}],
    "floating_ips": [{"type": "ipv4", "prices": [_price("fsn1", None, "7.30")]}],
    "volume": {"price_per_gb_month": {"net": "0", "gross": "0.0730"}},
    "server_backup": {"percentage": "20"},
}
_BOXES = [{"name": "bx11", "prices": [_price("hel1", "0.0060", "4")]}]
_PRICES = sheet.hourly(_PRICING, _BOXES)


def _config(**fields: object) -> Config:
    needed = {"domain": "a.example.org", "location": "fsn1", "limit": Limit(euros=1, minutes=60)}
    return Config.model_validate(needed | fields)


def _step(kind: str, op: str = "create", **inputs: object) -> dict[str, Any]:
    urn = f"urn:pulumi:s::nutri::{kind}::{kind.rpartition(':')[2].lower()}"
    return {"op": op, "newState": {"urn": urn, "type": kind, "inputs": inputs}}


_SERVER = _step(
    "hcloud:index/server:Server",
    serverType="cx33",
    location="fsn1",
    backups=True,
    publicNets=[{"ipv4Enabled": True, "ipv4": 4}],
)


@pytest.mark.parametrize(
    ("step", "price"),
    [
        (_SERVER, "0.0120"),
        (_step("hcloud:index/primaryIp:PrimaryIp", type="ipv4", location="fsn1"), "0.0010"),
        (
            _step(
                "hcloud:index/loadBalancer:LoadBalancer", loadBalancerType="lb11", location="fsn1"
            ),
            "0.0090",
        ),
        (
            _step("hcloud:index/storageBox:StorageBox", storageBoxType="bx11", location="hel1"),
            "0.0060",
        ),
        (_step("hcloud:index/floatingIp:FloatingIp", type="ipv4", homeLocation="fsn1"), "0.0100"),
        (_step("hcloud:index/volume:Volume", size=100), "0.0100"),
        (_step("hcloud:index/firewall:Firewall"), "0"),
    ],
)
def test_each_kind_has_the_vendors_price_by_the_hour(step: dict[str, Any], price: str) -> None:
    """With VAT; what has no price by the hour is a 730th of a month."""
    (row,) = sheet.of([step], _PRICES, _config()).rows
    assert row.price == Decimal(price)


def test_a_server_counts_as_what_it_is_resized_to() -> None:
    """The dearest is what the limit is held against, and only where the resize is wanted."""
    resize = {"tier": "medium", "type": "cx43"}
    dear = sheet.of([_SERVER], _PRICES, _config(resize=resize))
    assert (dear.hourly, dear.rows[0].what) == (Decimal("0.0240"), "cx43 fsn1 backups")
    cheap = sheet.of([_SERVER], _PRICES, _config(resize=resize, steps=["up"]))
    assert cheap.hourly == Decimal("0.0120")


def test_only_what_is_made_at_hetzner_counts() -> None:
    """What is there already, and what is no vendor's, is not on the sheet."""
    kept = _step("hcloud:index/volume:Volume", op="same", size=100)
    inner = _step("nutri:Platform")
    assert sheet.of([kept, inner], _PRICES, _config()).rows == ()


@pytest.mark.parametrize(("minutes", "most"), [(60, "0.0120"), (61, "0.0240"), (1, "0.0120")])
def test_begun_hours_count_whole(minutes: int, most: str) -> None:
    """As the vendor bills them."""
    assert sheet.of([_SERVER], _PRICES, _config()).most(minutes) == Decimal(most)


def test_beyond_the_limit_it_is_refused() -> None:
    """And within it, to the cent, it is not."""
    told = sheet.of([_SERVER], _PRICES, _config())
    sheet.refuse_beyond(told, Limit(euros=0.012, minutes=60))
    with pytest.raises(AcceptanceError, match=r"limit: 61 minutes cost up to 0.02 EUR"):
        sheet.refuse_beyond(told, Limit(euros=0.012, minutes=61))


def test_a_price_nobody_knows_is_no_price() -> None:
    """What might cost anything is not begun, and named."""
    unknown = _step("hcloud:index/server:Server", serverType="cx99", location="fsn1")
    told = sheet.of([unknown], _PRICES, _config())
    assert "unknown" in "\n".join(told.lines(Limit(euros=1, minutes=60)))
    with pytest.raises(AcceptanceError, match="does not tell: Server server"):
        sheet.refuse_beyond(told, Limit(euros=100, minutes=60))


def test_the_lines_tell_price_and_limit() -> None:
    """As an operator reads them before agreeing."""
    lines = sheet.of([_SERVER], _PRICES, _config()).lines(Limit(euros=1, minutes=90))
    assert lines[1:] == [
        "  Server server    0.0120  cx33 fsn1 backups",
        "  0.0120 EUR an hour in all",
        "  0.02 EUR at most in 90 minutes, begun hours counted whole; the limit is 1.00 EUR",
    ]
