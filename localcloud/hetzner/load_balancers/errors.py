"""Errors of load balancers."""

from __future__ import annotations

from localcloud.hetzner.errors import ApiError


class PortUsedError(ApiError):
    """A service listens on the port already."""

    status = 412
    code = "source_port_already_used"


class TargetDefinedError(ApiError):
    """The target is there already."""

    code = "target_already_defined"


class NotAttachedError(ApiError):
    """Only a load balancer in a network can do that."""

    code = "load_balancer_not_attached_to_network"


class PrivateTargetError(ApiError):
    """The server is not in the load balancer's network."""

    code = "resolve_cloud_private_targets_error"


class PublicTargetError(ApiError):
    """The server has no public address."""

    code = "resolve_cloud_public_targets_error"


class PublicInterfaceDisabledError(ApiError):
    """Without a public interface only private targets can be reached."""

    code = "load_balancer_public_interface_disabled"


class TargetsWithoutPrivateIpError(ApiError):
    """Targets need the public interface."""

    code = "targets_without_use_private_ip"


class IpNotOwnedError(ApiError):
    """The address belongs to no server of the project."""

    code = "ip_not_owned"


class InvalidTypeError(ApiError):
    """What the load balancer holds does not fit the type."""

    code = "invalid_load_balancer_type"


class LimitExceededError(ApiError):
    """The type takes no more."""

    status = 403
    code = "resource_limit_exceeded"

    def __init__(self, message: str, limit: str) -> None:
        super().__init__(message, {"limits": [{"name": limit}]})
