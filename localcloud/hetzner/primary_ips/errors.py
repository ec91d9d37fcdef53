"""Errors of primary IPs."""

from __future__ import annotations

from localcloud.hetzner.errors import ApiError


class ServerHasAddressError(ApiError):
    """The server has an address of this version already."""

    @classmethod
    def version(cls, version: str) -> ApiError:
        """The error for ipv4 or ipv6."""
        return {"ipv4": ServerHasIpv4Error, "ipv6": ServerHasIpv6Error}[version](
            f"the server already has an {version} address"
        )


class ServerHasIpv4Error(ServerHasAddressError):
    """The server has an IPv4 address."""

    code = "server_has_ipv4"


class ServerHasIpv6Error(ServerHasAddressError):
    """The server has an IPv6 network."""

    code = "server_has_ipv6"


class AlreadyAssignedError(ApiError):
    """The address belongs to a server."""

    code = "primary_ip_already_assigned"


class AssignedElsewhereError(ApiError):
    """A new server cannot take an address another one has."""

    code = "primary_ip_assigned"


class MustBeUnassignedError(ApiError):
    """Only an address without a server can be deleted."""

    code = "must_be_unassigned"


class WrongLocationError(ApiError):
    """Address and server are in different locations."""

    code = "primary_ip_datacenter_mismatch"


class WrongVersionError(ApiError):
    """An IPv6 address where an IPv4 one is wanted, or the reverse."""

    status = 412
    code = "primary_ip_version_mismatch"
