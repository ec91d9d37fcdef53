"""Names taken over from another stack, on the double of Hetzner's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.ingress.taken_names import _TakenNameProvider
from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import RunningDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.hetzner_double import HetznerDouble


@pytest.fixture(scope="module")
def hetzner() -> Iterator[HetznerDouble]:
    """An API with the zone of the lost platform."""
    with RunningDouble() as double:
        assert double.post("/zones", {"name": "nutri.test", "mode": "primary"}).is_success
        yield double


def _props(double: HetznerDouble, address: str, record: str = "api") -> dict[str, Any]:
    return {
        "endpoint": double.endpoint,
        "token": DEMO_TOKEN,
        "zone": "nutri.test",
        "record": record,
        "type": "A",
        "address": address,
        "ttl": 300,
    }


def _addresses(double: HetznerDouble, record: str = "api") -> list[str]:
    found = double.get(f"/zones/nutri.test/rrsets?name={record}&type=A")["rrsets"]
    return [one["value"] for rrset in found for one in rrset["records"]]


def test_a_record_is_set_where_it_is_and_made_where_it_is_not(hetzner: HetznerDouble) -> None:
    """The lost platform's record is the new one's afterwards."""
    provider = _TakenNameProvider()
    made = provider.create(_props(hetzner, "127.0.0.1"))
    assert _addresses(hetzner) == ["127.0.0.1"]
    assert provider.create(_props(hetzner, "127.0.0.2")).id == made.id
    assert _addresses(hetzner) == ["127.0.0.2"]
    provider.update("x", _props(hetzner, "127.0.0.2"), _props(hetzner, "127.0.0.3"))
    assert _addresses(hetzner) == ["127.0.0.3"]


def test_a_refresh_sees_who_has_it(hetzner: HetznerDouble) -> None:
    """And that it is gone."""
    provider = _TakenNameProvider()
    mine = _props(hetzner, "127.0.0.1", "ml")
    assert provider.read("x", mine).id == ""
    provider.create(_props(hetzner, "127.0.0.9", "ml"))
    seen = provider.read("x", mine)
    assert seen.outs
    assert seen.outs["address"] == "127.0.0.9"
    assert provider.diff("x", seen.outs, mine).changes


def test_whoever_set_it_last_deletes_it(hetzner: HetznerDouble) -> None:
    """Taking the lost platform apart leaves the names of the new one alone."""
    provider = _TakenNameProvider()
    old, new = _props(hetzner, "127.0.0.1", "x"), _props(hetzner, "127.0.0.2", "x")
    provider.create(old)
    provider.create(new)
    provider.delete("x", old)
    assert _addresses(hetzner, "x") == ["127.0.0.2"]
    provider.delete("x", new)
    assert _addresses(hetzner, "x") == []
    provider.delete("x", new)
