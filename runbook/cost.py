"""What a Hetzner project costs a month, resource by resource, and what nobody uses of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runbook.plan.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from clients.hetzner import Hetzner

Thing = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One resource; `price` is net a month, None where the price list does not tell it."""

    noun: str
    name: str
    what: str
    price: Decimal | None
    unused: str = ""
    """Why nobody uses it; empty: somebody does."""

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        price = None if self.price is None else str(self.price)
        return {**vars(self), "price": price}


@dataclass(frozen=True)
class Bill:
    """All that costs something."""

    currency: str
    items: tuple[Item, ...]

    @property
    def total(self) -> Decimal:
        """Net a month, of all whose price is known."""
        return sum((one.price for one in self.items if one.price), Decimal(0))

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        items = [one.as_json() for one in self.items]
        return {"currency": self.currency, "total": f"{self.total:.2f}", "items": items}


def look(api: Hetzner) -> Bill:
    """Ask the API for everything that has a price.

    Raises:
        HetznerError: the API does not tell.
    """
    pricing, servers = api.get("pricing")["pricing"], api.all("servers")
    prices = Prices.parse(pricing, [one["server_type"] for one in servers])
    image = Decimal(pricing["image"]["price_per_gb_month"]["net"])
    found = {noun: api.all(noun) for noun in _RULES if noun not in {"servers", "images"}}
    found |= {"servers": servers, "images": api.all("images", type=["snapshot"])}
    items = [item for noun, rule in _RULES.items() for item in rule(prices, image, found[noun])]
    return Bill(prices.currency, tuple(items))


def lines(bill: Bill) -> list[str]:
    """Return plain lines: one a resource, then the sum, then what could go."""
    names = max((len(_name(one)) for one in bill.items), default=0)
    whats = max((len(one.what) for one in bill.items), default=0)
    shown = [
        f"{_name(one):{names}}  {one.what:{whats}}  {_money(one.price):>9}"
        f"{f'  unused: {one.unused}' * bool(one.unused)}"
        for one in bill.items
    ]
    spared = sum((one.price for one in bill.items if one.unused and one.price), Decimal(0))
    closing = [f"{bill.total:.2f} {bill.currency} a month, net, without traffic"]
    closing += [f"{spared:.2f} of it for what nobody uses"] if spared else []
    return [*shown, *closing, "a Storage Box is billed by its own list: see the console"]


def _name(item: Item) -> str:
    return f"{item.noun} {item.name}"


def _money(price: Decimal | None) -> str:
    return "unknown" if price is None else f"{price:.2f}"


def _place(thing: Mapping[str, Any], key: str = "location") -> str:
    return str((thing.get(key) or {}).get("name"))


def _servers(prices: Prices, _image: Decimal, found: Sequence[Thing]) -> Iterator[Item]:
    for one in found:
        kind, place = one["server_type"]["name"], _place(one)
        price = prices.server_types.get((kind, place))
        backups = bool(one["backup_window"])
        if price is not None and backups:
            price += price * prices.backup_share
        off = "it is off, and billed in full" if one["status"] == "off" else ""
        what = f"{kind} in {place}{', backups' * backups}"
        yield Item("server", one["name"], what, price, off)


def _primary_ips(prices: Prices, _image: Decimal, found: Sequence[Thing]) -> Iterator[Item]:
    for one in found:
        price = prices.primary_ips.get((one["type"], _place(one)))
        lonely = "" if one["assignee_id"] else "assigned to nothing"
        yield Item("address", one["name"], f"{one['type']} {one['ip']}", price, lonely)


def _floating_ips(prices: Prices, _image: Decimal, found: Sequence[Thing]) -> Iterator[Item]:
    for one in found:
        price = prices.floating_ips.get((one["type"], _place(one, "home_location")))
        lonely = "" if one["server"] else "assigned to nothing"
        yield Item("floating address", one["name"], f"{one['type']} {one['ip']}", price, lonely)


def _balancers(prices: Prices, _image: Decimal, found: Sequence[Thing]) -> Iterator[Item]:
    for one in found:
        kind, place = one["load_balancer_type"]["name"], _place(one)
        price = prices.load_balancer_types.get((kind, place))
        idle = "" if one["targets"] else "it has no target"
        yield Item("load balancer", one["name"], f"{kind} in {place}", price, idle)


def _volumes(prices: Prices, _image: Decimal, found: Sequence[Thing]) -> Iterator[Item]:
    for one in found:
        price = prices.volume_per_gb * one["size"]
        yield Item(
            "volume",
            one["name"],
            f"{one['size']} GB",
            price,
            "" if one["server"] else "attached to nothing",
        )


def _snapshots(_prices: Prices, image: Decimal, found: Sequence[Thing]) -> Iterator[Item]:
    for one in found:
        size = one["image_size"]
        price = None if size is None else image * Decimal(str(size))
        made_of = one["created_from"]
        gone = "" if made_of else "its server is gone"
        yield Item("snapshot", one["description"], f"{size or 0:.1f} GB", price, gone)


_RULES: Mapping[str, Callable[[Prices, Decimal, Sequence[Thing]], Iterator[Item]]] = {
    "servers": _servers,
    "primary_ips": _primary_ips,
    "floating_ips": _floating_ips,
    "load_balancers": _balancers,
    "volumes": _volumes,
    "images": _snapshots,
}
