"""What a run is going to make, what that costs an hour, and whether the limit allows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from acceptance.config import AcceptanceError
from runbook.plan.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from acceptance.config import Config, Limit

_HOURS_A_MONTH = Decimal(730)
_MINUTES = 60
_SERVER, _HOSTER = "hcloud:index/server:Server", "hcloud:"


@dataclass(frozen=True)
class Row:
    """One resource; `price` is gross an hour, None where the list does not tell it."""

    kind: str
    name: str
    what: str
    price: Decimal | None


@dataclass(frozen=True)
class Sheet:
    """All of it, at its dearest: a server counts as what it is resized to."""

    rows: tuple[Row, ...]
    currency: str

    @property
    def hourly(self) -> Decimal:
        """Gross an hour, of all whose price is known."""
        return sum((row.price for row in self.rows if row.price), Decimal(0))

    def most(self, minutes: int) -> Decimal:
        """What it costs at most: every begun hour counts as a whole one."""
        return self.hourly * math.ceil(minutes / _MINUTES)

    def lines(self, limit: Limit) -> list[str]:
        """Return plain lines for people."""
        width = max((len(f"{row.kind} {row.name}") for row in self.rows), default=0)
        shown = [
            f"  {f'{row.kind} {row.name}':{width}}  {_money(row.price):>8}  {row.what}".rstrip()
            for row in self.rows
        ]
        return [
            f"it makes, at {self.currency} an hour with VAT (snapshots come by their size):",
            *shown,
            f"  {self.hourly:.4f} {self.currency} an hour in all",
            f"  {self._most(limit)}; the limit is {limit.euros:.2f} {self.currency}",
        ]

    def _most(self, limit: Limit) -> str:
        most = f"{self.most(limit.minutes):.2f} {self.currency}"
        return f"{most} at most in {limit.minutes} minutes, begun hours counted whole"


def hourly(pricing: Mapping[str, Any], boxes: Iterable[Mapping[str, Any]]) -> Prices:
    """Read the price list by the hour and with VAT, which is what a limit is held against."""
    sold = ("server_types", "load_balancer_types", "primary_ips", "floating_ips")
    swapped = {key: [_by_the_hour(one) for one in pricing[key]] for key in sold}
    month = Decimal(pricing["volume"]["price_per_gb_month"]["gross"]) / _HOURS_A_MONTH
    volume = {"volume": {"price_per_gb_month": {"net": month}}}
    return Prices.parse({**pricing, **swapped, **volume}, (), map(_by_the_hour, boxes))


def _by_the_hour(sold: Mapping[str, Any]) -> dict[str, Any]:
    prices = [
        {"location": one["location"], "price_monthly": {"net": _hour(one)}}
        for one in sold["prices"]
    ]
    return {**sold, "prices": prices}


def _hour(price: Mapping[str, Any]) -> Decimal:
    """Return the price of an hour; a floating IP has none but a month's."""
    if "price_hourly" in price:
        return Decimal(price["price_hourly"]["gross"])
    return Decimal(price["price_monthly"]["gross"]) / _HOURS_A_MONTH


def of(steps: Sequence[Mapping[str, Any]], prices: Prices, config: Config) -> Sheet:
    """Price the steps of a preview, `pulumi preview --json`."""
    made = [step["newState"] for step in steps if step.get("op") == "create"]
    at_hetzner = [one for one in made if one["type"].startswith(_HOSTER)]
    return Sheet(tuple(_row(one, prices, config) for one in at_hetzner), prices.currency)


def _row(state: Mapping[str, Any], prices: Prices, config: Config) -> Row:
    token, inputs = str(state["type"]), dict(state.get("inputs") or {})
    if token == _SERVER and config.resize and config.wants("resize"):
        inputs["serverType"] = config.resize.type
    name = str(state["urn"]).rpartition("::")[2]
    return Row(token.rpartition(":")[2], name, _what(inputs), prices.monthly(token, inputs))


def _what(inputs: Mapping[str, Any]) -> str:
    keys = ("serverType", "loadBalancerType", "storageBoxType", "location")
    backups = ["backups"] * (inputs.get("backups") is True)
    return " ".join([*(str(inputs[key]) for key in keys if inputs.get(key)), *backups])


def _money(price: Decimal | None) -> str:
    if price is None:
        return "unknown"
    return f"{price:.4f}" if price else "free"


def refuse_beyond(sheet: Sheet, limit: Limit) -> None:
    """Raise AcceptanceError where it may cost more than the limit, or nobody knows what."""
    unknown = [f"{row.kind} {row.name}" for row in sheet.rows if row.price is None]
    if unknown:
        raise AcceptanceError(f"the price list does not tell: {', '.join(unknown)}; not begun")
    most = sheet.most(limit.minutes)
    if most > Decimal(str(limit.euros)):
        raise AcceptanceError(
            f"limit: {limit.minutes} minutes cost up to {most:.2f} {sheet.currency}, the limit is "
            f"{limit.euros:.2f}; raise limit.euros or take smaller servers; nothing was made"
        )
