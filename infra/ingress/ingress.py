"""The way in: DNS leads to the one server, or to the load balancer before several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra.ingress.dns import Dns
from infra.ingress.dns_cutover import DnsCutover
from infra.ingress.load_balancer import LoadBalancer
from infra.ingress.routes import health_route, service_routes
from infra.remote import step
from infra.servers.network import balancer_address, server_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi_command as command

    from config.settings import Settings
    from infra.app.service import Service
    from infra.servers.fleet import Fleet
    from infra.servers.placement import Placement


class Ingress:
    """DNS, and a load balancer where there are several servers.

    Attributes:
        balancer: None before one server.
        ready: what has to be done before the platform is reached this way.
    """

    def __init__(
        self,
        settings: Settings,
        fleet: Fleet,
        places: Sequence[Placement],
        services: Sequence[Service],
    ) -> None:
        self._settings = settings
        # What the others need comes before them: the last one is what users see.
        self._public = [service for service in services if service.host_name]
        self._seen = self._public[-1].spec
        self.balancer: LoadBalancer | None = None
        self.ready: list[pulumi.Resource] = []
        dns = Dns(settings) if settings.manage_dns else None
        replicas = [one for service in services for one in service.applications]
        if dns and fleet.network:
            hosts = [service.host_name for service in self._public]
            path = self._seen.wanted.health.livePath
            self.balancer = LoadBalancer(fleet, fleet.network, settings, hosts, path, dns.zone)
            routes = [self._routes(fleet, place) for place in places]
            self.ready.append(self.balancer.serve([*replicas, *routes]))
        if dns:
            # Before one server they come first: its proxy gets its certificates by these names.
            names = [str(one.spec.wanted.subdomain) for one in self._public]
            hooks = None if self.balancer else DnsCutover(settings, fleet.first.ssh()).hooks
            opts = pulumi.ResourceOptions(depends_on=self.ready, hooks=hooks)
            self.ready += dns.lead(names, self._addresses(fleet), opts, served=replicas)

    def _addresses(self, fleet: Fleet) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        if self.balancer:
            return self.balancer.balancer.ipv4, self.balancer.balancer.ipv6
        return fleet.first.address, fleet.first.ipv6

    def _routes(self, fleet: Fleet, place: Placement) -> command.remote.Command:
        host = fleet.hosts[place.number - 1]
        hosts = {service.spec.name: service.host_name for service in self._public}
        address = balancer_address(self._settings.private_network)
        asks = server_address(self._settings.private_network, 1) if place.number > 1 else ""
        routes, mark = service_routes(address, hosts, asks)
        health, passed = health_route(address, self._seen.name, self._seen.wanted.health.livePath)
        values: dict[str, pulumi.Input[str]] = {
            "ROUTES": routes,
            "HEALTH": health,
            "MARKS": f"{mark} {passed}",
        }
        return step(
            f"balancer-routes-{host.number}",
            host.connection,
            host.server,
            values,
            parent=host,
            after=place.ready,
            script="balancer-routes",
        )
