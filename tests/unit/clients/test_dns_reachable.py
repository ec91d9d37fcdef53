"""A host with an IPv6 address alone: used where there is IPv6, else told with the way around."""

from __future__ import annotations

import pytest

from clients import dns as names
from clients.dns import NameNotResolvedError, Resolver


def _only_ipv6(monkeypatch: pytest.MonkeyPatch, *, here: bool) -> Resolver:
    def addresses(_self: Resolver, name: str) -> tuple[str, ...]:
        raise NameNotResolvedError(f"{name} does not resolve: it has no A record")

    monkeypatch.setattr(Resolver, "addresses", addresses)
    monkeypatch.setattr(Resolver, "ipv6_addresses", lambda *_: ("2001:db8::1",))
    monkeypatch.setattr(names, "has_ipv6", lambda _: here)
    return Resolver(("127.0.0.1:53",))


def test_ipv6_alone_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the vendor's direct hosts are."""
    assert _only_ipv6(monkeypatch, here=True).reachable("db.test") == "2001:db8::1"


def test_ipv6_alone_is_told_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what works instead."""
    with pytest.raises(NameNotResolvedError, match="use the session pooler"):
        _only_ipv6(monkeypatch, here=False).reachable("db.test")
