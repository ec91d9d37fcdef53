"""The load balancer before several servers: TLS ends here, requests go on by private addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_hcloud as hcloud

from infra.ingress.lb_targets import Targets
from infra.servers.network import balancer_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import Settings
    from infra.servers.fleet import Fleet
    from infra.servers.network import PrivateNetwork

HEALTH_HOST = "balancer.internal"
"""Host by which the load balancer asks a server's proxy whether the backend behind it is well."""
_HTTPS, _HTTP = 443, 80
_CHECK_SECONDS = 3  # as often as Hetzner's load balancers look
_RETRIES = 2


class LoadBalancer(pulumi.ComponentResource):
    """A load balancer with a certificate that Hetzner gets and renews.

    Attributes:
        balancer: Hetzner's load balancer.
        targets: the servers behind it; made when all are healthy.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it has to do with
        self,
        fleet: Fleet,
        network: PrivateNetwork,
        settings: Settings,
        hosts: Sequence[str],
        health_path: str,
        zone: hcloud.Zone | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = f"nutri-{pulumi.get_stack()}"
        super().__init__("nutri:infra:Balancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._settings = settings
        self._health_path = health_path
        self._certificate = hcloud.ManagedCertificate(
            "certificate",
            name=name,
            domain_names=list(hosts),
            # Who has the zone may have the certificate.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[zone] if zone else []),
        )
        self.balancer = hcloud.LoadBalancer(
            "load-balancer",
            name=name,
            load_balancer_type=settings.balancer_type,
            location=settings.location,
            opts=child,
        )
        self._leg = hcloud.LoadBalancerNetwork(
            "load-balancer-network",
            load_balancer_id=self._number,
            subnet_id=network.subnet.id,
            ip=balancer_address(settings.private_network),
            opts=child,
        )
        self._service = self._https()
        self._fleet = fleet
        self.targets: Targets | None = None
        self.register_outputs({})

    @property
    def _number(self) -> pulumi.Output[int]:
        return self.balancer.id.apply(int)

    def _https(self) -> hcloud.LoadBalancerService:
        check = hcloud.LoadBalancerServiceHealthCheckArgs(
            protocol="http",
            port=_HTTP,
            interval=_CHECK_SECONDS,
            timeout=_CHECK_SECONDS,
            retries=_RETRIES,
            http=hcloud.LoadBalancerServiceHealthCheckHttpArgs(
                domain=HEALTH_HOST, path=self._health_path, status_codes=["200"]
            ),
        )
        return hcloud.LoadBalancerService(
            "https",
            load_balancer_id=self.balancer.id,
            protocol="https",
            listen_port=_HTTPS,
            destination_port=_HTTP,
            http=hcloud.LoadBalancerServiceHttpArgs(
                certificates=[self._certificate.id.apply(int)], redirect_http=True
            ),
            health_check=check,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def serve(self, after: Sequence[pulumi.Resource]) -> Targets:
        """Send requests to the servers, once their replicas are there."""
        settings = self._settings
        props = {
            "endpoint": settings.hcloud_endpoint,
            "token": pulumi.Output.secret(settings.hcloud_token.get_secret_value()),
            "balancer": self._number,
            "servers": [host.server.id.apply(int) for host in self._fleet.hosts],
        }
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=[self._leg, self._service, *self._fleet.memberships, *after],
            deleted_with=self.balancer,
        )
        self.targets = Targets("rotation", props, opts)
        return self.targets
