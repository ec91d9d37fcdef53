"""Pricing over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.http import JSON, Answer, cloud_of
from localcloud.hetzner.load_balancer_types.models import LOAD_BALANCER_TYPES
from localcloud.hetzner.load_balancer_types.routes import prices as balancer_prices
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.server_types.models import SERVER_TYPES, VAT_RATE, hourly
from localcloud.hetzner.server_types.routes import money, prices

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# Net euros a month.
IMAGE_PER_GB = "0.0119"
VOLUME_PER_GB = "0.0440"
PRIMARY_IPV4 = "0.50"
PRIMARY_IPV6 = "0.00"
FLOATING_IPV4 = "3.00"
FLOATING_IPV6 = "1.00"
BACKUP_PERCENTAGE = "20.00"


async def get(request: Request) -> Response:
    """GET /pricing."""
    sold = [one for one in SERVER_TYPES if one.listed(cloud_of(request).clock)]
    types = [{"id": one.id, "name": one.name, "prices": prices(one)} for one in sold]
    balancers = [
        {"id": one.id, "name": one.name, "prices": balancer_prices(one)}
        for one in LOAD_BALANCER_TYPES
    ]
    sold_types = {"server_types": types, "load_balancer_types": balancers}
    return Answer({"pricing": _general() | sold_types})


def _general() -> JSON:
    return {
        "currency": "EUR",
        "vat_rate": f"{VAT_RATE * 100:.6f}",
        "image": {"price_per_gb_month": money(IMAGE_PER_GB)},
        "volume": {"price_per_gb_month": money(VOLUME_PER_GB)},
        "server_backup": {"percentage": BACKUP_PERCENTAGE},
        "floating_ip": {"price_monthly": money(FLOATING_IPV4)},
        "primary_ips": [_primary("ipv4", PRIMARY_IPV4), _primary("ipv6", PRIMARY_IPV6)],
        "floating_ips": [_floating("ipv4", FLOATING_IPV4), _floating("ipv6", FLOATING_IPV6)],
    }


def _primary(kind: str, monthly: str) -> JSON:
    price = {"price_monthly": money(monthly), "price_hourly": money(hourly(Decimal(monthly)))}
    return {"type": kind, "prices": [{"location": one.name} | price for one in LOCATIONS]}


def _floating(kind: str, monthly: str) -> JSON:
    price = {"price_monthly": money(monthly)}
    return {"type": kind, "prices": [{"location": one.name} | price for one in LOCATIONS]}


ROUTES = [Route("/pricing", get, methods=["GET"])]
