"""Public addresses that outlive the server they are given to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_hcloud as hcloud

if TYPE_CHECKING:
    from infra.settings import Settings


@dataclass(frozen=True)
class Addresses:
    """The server's primary IPs."""

    ipv4: hcloud.PrimaryIp
    ipv6: hcloud.PrimaryIp


def _address(
    family: str, name: str, settings: Settings, opts: pulumi.ResourceOptions
) -> hcloud.PrimaryIp:
    return hcloud.PrimaryIp(
        family,
        name=f"{name}-{family}",
        type=family,
        location=settings.location,
        auto_delete=False,
        delete_protection=settings.protect,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=settings.protect)),
    )


def addresses(name: str, settings: Settings, opts: pulumi.ResourceOptions) -> Addresses:
    """Make both addresses first, so that a server never owns the ones DNS points to."""
    return Addresses(
        ipv4=_address("ipv4", name, settings, opts),
        ipv6=_address("ipv6", name, settings, opts),
    )
