"""What resources cost a month: the live price list of Hetzner's API, net, without VAT."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx

from common.changes.model import kind
from common.errors import OperatorError
from config.endpoints import HETZNER_ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TIMEOUT_SECONDS = 20
_PERCENT = 100
_ZONES = {"eu-central": "fsn1", "us-east": "ash", "us-west": "hil", "ap-southeast": "sin"}

Monthly = dict[tuple[str, str], Decimal]
"""Type and location to net price a month."""


class PricesError(OperatorError):
    """The price list cannot be had."""


def _monthly(entries: Iterable[Mapping[str, Any]], key: str) -> Monthly:
    return {
        (one[key], price["location"]): Decimal(price["price_monthly"]["net"])
        for one in entries
        for price in one["prices"]
    }


@dataclass(frozen=True)
class Prices:
    """A price list."""

    currency: str = "EUR"
    server_types: Monthly = field(default_factory=dict)
    load_balancer_types: Monthly = field(default_factory=dict)
    primary_ips: Monthly = field(default_factory=dict)
    floating_ips: Monthly = field(default_factory=dict)
    storage_boxes: Monthly = field(default_factory=dict)
    volume_per_gb: Decimal = Decimal(0)
    backup_share: Decimal = Decimal(0)
    """What backups add to a server's price, as a share of it."""

    @classmethod
    def parse(
        cls,
        pricing: Mapping[str, Any],
        running: Iterable[Mapping[str, Any]] = (),
        boxes: Iterable[Mapping[str, Any]] = (),
    ) -> Prices:
        """Read the API's price list.

        Args:
            pricing: the answer of /pricing.
            running: server types of servers that exist; the list leaves out what is no longer sold.
            boxes: types of Storage Boxes, which are sold by another API and not in the list.
        """
        kept = _monthly(running, "name")
        return cls(
            currency=pricing["currency"],
            server_types=kept | _monthly(pricing["server_types"], "name"),
            load_balancer_types=_monthly(pricing["load_balancer_types"], "name"),
            primary_ips=_monthly(pricing["primary_ips"], "type"),
            floating_ips=_monthly(pricing["floating_ips"], "type"),
            storage_boxes=_monthly(boxes, "name"),
            volume_per_gb=Decimal(pricing["volume"]["price_per_gb_month"]["net"]),
            backup_share=Decimal(pricing["server_backup"]["percentage"]) / _PERCENT,
        )

    def monthly(self, type_token: str, properties: Mapping[str, Any]) -> Decimal | None:
        """Return what a resource costs a month; None: it has a price, but it is not known.

        Args:
            type_token: the engine's type.
            properties: its inputs, with outputs for what the inputs leave open.
        """
        rule = _RULES.get(kind(type_token))
        return rule(self, properties) if rule else Decimal(0)


def _server(prices: Prices, server: Mapping[str, Any]) -> Decimal | None:
    location = str(server.get("location"))
    price = prices.server_types.get((str(server.get("serverType")), location))
    if price is None:
        return None
    backups = price * prices.backup_share if server.get("backups") is True else Decimal(0)
    return price + backups + _made_address(prices, server, location)


def _made_address(prices: Prices, server: Mapping[str, Any], location: str) -> Decimal:
    """Return the price of an IPv4 address that comes with the server, not by itself."""
    block = (server.get("publicNets") or [{}])[0]
    if not block.get("ipv4Enabled", True) or block.get("ipv4"):
        return Decimal(0)
    return prices.primary_ips.get(("ipv4", location), Decimal(0))


def _primary_ip(prices: Prices, address: Mapping[str, Any]) -> Decimal | None:
    return prices.primary_ips.get((str(address.get("type")), str(address.get("location"))))


def _floating_ip(prices: Prices, address: Mapping[str, Any]) -> Decimal | None:
    return prices.floating_ips.get((str(address.get("type")), str(address.get("homeLocation"))))


def _volume(prices: Prices, volume: Mapping[str, Any]) -> Decimal | None:
    size = volume.get("size")
    return prices.volume_per_gb * Decimal(str(size)) if isinstance(size, int | float) else None


def _load_balancer(prices: Prices, balancer: Mapping[str, Any]) -> Decimal | None:
    location = balancer.get("location") or _ZONES.get(str(balancer.get("networkZone")))
    return prices.load_balancer_types.get((str(balancer.get("loadBalancerType")), str(location)))


def _storage_box(prices: Prices, box: Mapping[str, Any]) -> Decimal | None:
    return prices.storage_boxes.get((str(box.get("storageBoxType")), str(box.get("location"))))


def _unknown(_prices: Prices, _properties: Mapping[str, Any]) -> None:
    return None


_RULES = {
    "hcloud/Server": _server,
    "hcloud/PrimaryIp": _primary_ip,
    "hcloud/FloatingIp": _floating_ip,
    "hcloud/Volume": _volume,
    "hcloud/LoadBalancer": _load_balancer,
    "hcloud/Snapshot": _unknown,  # by its size, which nobody knows before it is made
    "hcloud/StorageBox": _storage_box,
}


def fetch(endpoint: str, token: str, boxes: str = HETZNER_ENDPOINT) -> Prices:
    """Ask for the price list, and for what Storage Boxes cost.

    Args:
        endpoint: of Hetzner's cloud API.
        token: of the project.
        boxes: the API that sells Storage Boxes; where it does not answer their price is not known.

    Raises:
        PricesError: the API cannot be reached or refuses.
    """
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with httpx.Client(base_url=endpoint, headers=headers, timeout=_TIMEOUT_SECONDS) as client:
            pricing = client.get("/pricing").raise_for_status().json()["pricing"]
            servers = client.get("/servers", params={"per_page": 50}).raise_for_status().json()
        running = [server["server_type"] for server in servers["servers"]]
        return Prices.parse(pricing, running, _boxes(boxes, headers))
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise PricesError(f"no price list at {endpoint}: {error}") from None


def _boxes(endpoint: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    try:
        with httpx.Client(base_url=endpoint, headers=headers, timeout=_TIMEOUT_SECONDS) as client:
            answer = client.get("/storage_box_types").raise_for_status().json()
            return list(answer["storage_box_types"])
    except (httpx.HTTPError, ValueError, KeyError):
        return []
