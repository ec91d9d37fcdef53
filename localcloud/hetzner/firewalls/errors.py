"""Errors of firewalls."""

from __future__ import annotations

from localcloud.hetzner.errors import ApiError


class AlreadyAppliedError(ApiError):
    """The server or selector has the firewall."""

    code = "firewall_already_applied"


class ServerAlreadyAddedError(ApiError):
    """A new firewall names a server or selector twice."""

    code = "server_already_added"


class UnknownResourceError(ApiError):
    """A new firewall names a server that is not there."""

    code = "firewall_resource_not_found"


class MissingResourceError(ApiError):
    """An existing firewall is to be applied to, or taken from, a server that is not there."""

    status = 404
    code = "firewall_resource_not_found"


class ManagedBySelectorError(ApiError):
    """The server has the firewall because of its labels."""

    code = "firewall_managed_by_label_selector"


class PrivateNetOnlyError(ApiError):
    """A server without a public interface has nothing to guard."""

    code = "private_net_only_server"


class TooManyFirewallsError(ApiError):
    """A server takes a few only."""

    status = 403
    code = "resource_limit_exceeded"

    def __init__(self, message: str) -> None:
        super().__init__(message, {"limits": [{"name": "firewalls"}]})
