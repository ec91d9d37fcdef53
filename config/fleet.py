"""How many servers there are, and what stands in front of several."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from config.base import Frozen

if TYPE_CHECKING:
    from config.settings import Settings

MOST_SERVERS = 10  # as many as Hetzner spreads in one placement group
_LONGEST_PREFIX = 24


def _private(text: str) -> str:
    network = ipaddress.ip_network(text)
    if not (network.is_private and network.version == 4) or network.prefixlen > _LONGEST_PREFIX:  # noqa: PLR2004
        raise ValueError(
            f"{text!r} is no private IPv4 network of /{_LONGEST_PREFIX} or more, as 10.44.0.0/16 is"
        )
    return text


class FleetSettings(Frozen):
    """Servers, their private network and the load balancer before them."""

    servers: int = Field(default=1, ge=1, le=MOST_SERVERS)
    private_network: Annotated[str, AfterValidator(_private)] = "10.44.0.0/16"
    balancer_type: str = "lb11"
    dns_ttl: int = Field(default=300, ge=60, le=86_400)


def problems(settings: Settings) -> list[str]:
    """Return what does not go together, one line a mistake."""
    count = settings.servers
    found = []
    if settings.domain != settings.zone_name and not settings.domain.endswith(
        f".{settings.zone_name}"
    ):
        found.append(
            f"nutri:zone: {settings.zone_name} has no names below {settings.domain} (nutri:domain);"
            " give the zone that another stack owns, as example.org for beta.example.org"
        )
    if count == 1:
        return found
    found += [
        f"nutri:services.{name}.replicas: {one.replicas} with {count} servers, so that a server"
        f" would have none of it; set at least {count}"
        for name, one in settings.services.items()
        if one.http and one.replicas < count
    ]
    if not settings.manage_dns:
        found.append(
            f"nutri:manageDns: false with {count} servers, but the load balancer's certificate is"
            " proven through Hetzner DNS; set it to true, or one server"
        )
    return found
