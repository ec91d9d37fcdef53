"""What a project costs, and what of it nobody uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from clients.hetzner import Hetzner
from runbook import cost

if TYPE_CHECKING:
    from collections.abc import Iterator


def _price(net: str) -> list[dict[str, Any]]:
    return [{"location": "fsn1", "price_monthly": {"net": net, "gross": "999"}}]


_PLACE = {"location": {"name": "fsn1"}}
_TYPE = {"name": "cx33", "prices": _price("10.00")}
_WORLD: dict[str, Any] = {
    "pricing": {
        "currency": "EUR",
        "server_types": [_TYPE],
        "load_balancer_types": [{"name": "lb11", "prices": _price("6.00")}],
        "primary_ips": [{"type": "ipv4", "prices": _price("0.50")}],
        "floating_ips": [{"type": "ipv4", "prices": _price("3.00")}],
        "volume": {"price_per_gb_month": {"net": "0.05", "gross": "9"}},
        "image": {"price_per_gb_month": {"net": "0.01", "gross": "9"}},
        "server_backup": {"percentage": "20.00"},
    },
    "servers": [
        {"name": "a", "server_type": _TYPE, "backup_window": "22-02", "status": "running"} | _PLACE,
        {"name": "b", "server_type": _TYPE, "backup_window": None, "status": "off"} | _PLACE,
    ],
    "primary_ips": [
        {"name": "used", "type": "ipv4", "ip": "192.0.2.1", "assignee_id": 1} | _PLACE,
        {"name": "spare", "type": "ipv4", "ip": "192.0.2.2", "assignee_id": None} | _PLACE,
    ],
    "floating_ips": [
        {"name": "f", "type": "ipv4", "ip": "192.0.2.3", "server": None}
        | {"home_location": {"name": "fsn1"}}
    ],
    "load_balancers": [
        {"name": "lb", "load_balancer_type": {"name": "lb11"}, "targets": [1]} | _PLACE
    ],
    "volumes": [{"name": "v", "size": 100, "server": 1}],
    "images": [
        {"description": "old", "image_size": 2.5, "created_from": None},
        {"description": "being made", "image_size": None, "created_from": {"id": 1}},
    ],
}


def _answer(request: httpx.Request) -> httpx.Response:
    noun = request.url.path.removeprefix("/v1/")
    meta = {"meta": {"pagination": {"next_page": None}}}
    return httpx.Response(200, json={noun: _WORLD[noun]} | meta)


@pytest.fixture
def bill() -> Iterator[cost.Bill]:
    """That of the world above."""
    transport = httpx.MockTransport(_answer)
    with httpx.Client(base_url="http://hetzner.test/v1", transport=transport) as client:
        yield cost.look(Hetzner(client))


def test_every_resource_has_its_price(bill: cost.Bill) -> None:
    """Backups add a fifth; what has no size yet has no price yet."""
    prices = {one.name: None if one.price is None else float(one.price) for one in bill.items}
    assert prices == {
        "a": 12.0,
        "b": 10.0,
        "used": 0.5,
        "spare": 0.5,
        "f": 3.0,
        "lb": 6.0,
        "v": 5.0,
        "old": 0.025,
        "being made": None,
    }
    assert f"{bill.total:.3f}" == "37.025"


def test_what_nobody_uses_is_named(bill: cost.Bill) -> None:
    """With the reason, and what it would spare."""
    assert {one.name: one.unused for one in bill.items if one.unused} == {
        "b": "it is off, and billed in full",
        "spare": "assigned to nothing",
        "f": "assigned to nothing",
        "old": "its server is gone",
    }
    assert "13.52 of it for what nobody uses" in cost.lines(bill)
    assert bill.as_json()["items"][-1]["price"] is None


def test_lines_are_a_table(bill: cost.Bill) -> None:
    """One a resource, the price at one column."""
    rows = cost.lines(bill)[: len(bill.items)]
    assert rows[0].split() == ["server", "a", "cx33", "in", "fsn1,", "backups", "12.00"]
    ends = {re.match(r".* (\d+\.\d\d|unknown)", row).end() for row in rows}  # type: ignore[union-attr]
    assert len(ends) == 1
