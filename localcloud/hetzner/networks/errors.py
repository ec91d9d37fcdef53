"""Errors of networks."""

from __future__ import annotations

from localcloud.hetzner.errors import ApiError


class AlreadyAttachedError(ApiError):
    """The server is in the network."""

    code = "server_already_attached"


class BalancerAlreadyAttachedError(ApiError):
    """The load balancer is in a network."""

    code = "load_balancer_already_attached"


class IpNotAvailableError(ApiError):
    """The address is taken, kept for the gateway, or in no subnet."""

    code = "ip_not_available"


class NoSubnetAvailableError(ApiError):
    """No subnet of the member's zone has a free address."""

    code = "no_subnet_available"


class NetworksOverlapError(ApiError):
    """The server is in another network whose range overlaps."""

    code = "networks_overlap"
