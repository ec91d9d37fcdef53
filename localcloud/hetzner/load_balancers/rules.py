"""What services and targets a load balancer may have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.labels import Selector
from localcloud.hetzner.load_balancers.errors import (
    InvalidTypeError,
    IpNotOwnedError,
    LimitExceededError,
    NotAttachedError,
    PortUsedError,
    PrivateTargetError,
    PublicInterfaceDisabledError,
    PublicTargetError,
    TargetDefinedError,
    TargetsWithoutPrivateIpError,
)
from localcloud.hetzner.load_balancers.models import Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.load_balancer_types.models import LoadBalancerType
    from localcloud.hetzner.load_balancers.models import LoadBalancer
    from localcloud.hetzner.load_balancers.requests import TargetBody
    from localcloud.hetzner.load_balancers.services import Service


def with_service(cloud: Cloud, balancer: LoadBalancer, service: Service) -> LoadBalancer:
    """The load balancer with one more service."""
    check_service(cloud, balancer.services, service)
    if len(balancer.services) >= balancer.kind.max_services:
        raise LimitExceededError(
            f"a {balancer.type} takes at most {balancer.kind.max_services} services", "services"
        )
    return replace(balancer, services=(*balancer.services, service))


def check_service(cloud: Cloud, others: Iterable[Service], service: Service) -> None:
    """Raise an error unless a service may be beside others: ports and certificates."""
    taken = {port for other in others for port in other.ports}
    for port in sorted(service.ports & taken):
        raise PortUsedError(f"port {port} is already used")
    if service.http:
        cloud.certificates.check_known(service.http.certificates)


def service_at(balancer: LoadBalancer, listen_port: int | None) -> Service:
    """The service of a port; raises InvalidInputError."""
    for service in balancer.services:
        if service.listen_port == listen_port:
            return service
    raise InvalidInputError.field("listen_port", f"no service listens on port {listen_port}")


def target_of(body: TargetBody) -> Target:
    """The target a request names; raises InvalidInputError."""
    named = {"server": body.server, "label_selector": body.label_selector, "ip": body.ip}
    if named[body.type] is None:
        raise InvalidInputError.field(body.type, f"is needed for a target of type {body.type}")
    return Target(
        type=body.type,
        server=body.server.id if body.server and body.type == "server" else None,
        selector=(
            body.label_selector.selector
            if body.label_selector and body.type == "label_selector"
            else None
        ),
        ip=body.ip.ip if body.ip and body.type == "ip" else None,
        use_private_ip=body.use_private_ip,
    )


def with_target(cloud: Cloud, balancer: LoadBalancer, target: Target) -> LoadBalancer:
    """The load balancer with one more target that it can reach."""
    if any(one.same(target) for one in balancer.targets):
        raise TargetDefinedError("target is already defined")
    if len(balancer.targets) >= balancer.kind.max_targets:
        raise LimitExceededError(
            f"a {balancer.type} takes at most {balancer.kind.max_targets} targets", "targets"
        )
    _check_reachable(cloud, balancer, target)
    return replace(balancer, targets=(*balancer.targets, target))


def without_target(balancer: LoadBalancer, target: Target) -> LoadBalancer:
    """The load balancer without a target; raises InvalidInputError where there is none."""
    kept = tuple(one for one in balancer.targets if not one.same(target))
    if len(kept) == len(balancer.targets):
        raise InvalidInputError.field(target.type, "is no target of the load balancer")
    return replace(balancer, targets=kept)


def check_type(balancer: LoadBalancer, kind: LoadBalancerType) -> None:
    """Raise InvalidTypeError unless everything fits into a type."""
    if kind.name == balancer.type:
        raise InvalidTypeError("the load balancer has this type already")
    if len(balancer.services) > kind.max_services or len(balancer.targets) > kind.max_targets:
        raise InvalidTypeError(f"the load balancer has more services or targets than a {kind.name}")


def check_private(cloud: Cloud, balancer: LoadBalancer) -> None:
    """Raise an error where the public interface is still needed."""
    if cloud.load_balancers.membership(balancer) is None:
        raise NotAttachedError("load balancer is not attached to a network")
    if not all(target.use_private_ip for target in balancer.targets):
        raise TargetsWithoutPrivateIpError("a target is reached by its public address")


def _check_reachable(cloud: Cloud, balancer: LoadBalancer, target: Target) -> None:
    if target.use_private_ip and cloud.load_balancers.membership(balancer) is None:
        raise NotAttachedError("load balancer is not attached to a network")
    if not target.use_private_ip and not balancer.public:
        raise PublicInterfaceDisabledError("the public interface of the load balancer is off")
    if target.selector is not None:
        Selector.parse(target.selector)
        return
    servers = cloud.load_balancers.servers_of(target)
    if not servers and target.ip is not None:
        raise IpNotOwnedError(f"{target.ip} belongs to no server of the project")
    if not servers:
        raise InvalidInputError.field("server", f"server with ID '{target.server}' not found")
    if cloud.load_balancers.resolve(balancer, target, servers[0]) is None:
        if target.use_private_ip:
            raise PrivateTargetError("the server is not in the network of the load balancer")
        raise PublicTargetError("the server has no public address")
