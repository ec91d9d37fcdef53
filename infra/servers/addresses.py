"""Public addresses that outlive the server they are given to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_hcloud as hcloud

if TYPE_CHECKING:
    from config.settings import Settings


@dataclass(frozen=True)
class Addresses:
    """The server's primary IPs."""

    ipv4: hcloud.PrimaryIp
    ipv6: hcloud.PrimaryIp


def address_name(server: str, family: str = "ipv4") -> str:
    """Return the name of a server's address at Hetzner."""
    return f"{server}-{family}"


def _address(
    family: str, name: str, settings: Settings, opts: pulumi.ResourceOptions
) -> hcloud.PrimaryIp:
    return hcloud.PrimaryIp(
        family,
        name=address_name(name, family),
        type=family,
        location=settings.location,
        auto_delete=False,
        delete_protection=settings.protect,
        opts=opts,
    )


def addresses(
    name: str, settings: Settings, opts: pulumi.ResourceOptions, *, served: bool
) -> Addresses:
    """Make both addresses first, so that a server never owns the ones DNS points to.

    Args:
        name: of the server.
        settings: the stack's.
        opts: of both.
        served: whether they ever led to a server. Before that they may have to follow it to
            another location, and what the engine protects once it does not replace for that.
    """
    protect = pulumi.ResourceOptions(protect=settings.protect and served)
    opts = pulumi.ResourceOptions.merge(opts, protect)
    return Addresses(
        ipv4=_address("ipv4", name, settings, opts),
        ipv6=_address("ipv6", name, settings, opts),
    )
