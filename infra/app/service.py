"""One service of the app: N replicas behind one name, rolled out one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from common.changes.acknowledgement import VARIABLES
from config import environment, services
from infra.app import labels
from infra.coolify.application import Application
from infra.coolify.prune_replicas import Replicas
from infra.servers.placement import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from config.service import ServiceSettings
    from config.settings import Settings
    from infra.coolify.platform import Platform
    from infra.servers.placement import Placement

_NO_PORT = 80
"""Coolify wants one, also of what listens to none."""


@dataclass(frozen=True)
class ServiceSpec:
    """A service as the configuration wants it.

    Attributes:
        name: as in `app.yaml`.
        wanted: everything said there and in the stack's config.
        domain: the stack's.
        env: its variables, secrets in clear.
        agreed: entries of `nutri:acknowledge`.
    """

    name: str
    wanted: ServiceSettings
    domain: str
    env: dict[str, str] = field(default_factory=dict, repr=False)
    agreed: tuple[str, ...] = ()

    @property
    def host_name(self) -> str:
        """Its name in DNS; empty for one that is reached from inside alone."""
        return f"{self.wanted.subdomain}.{self.domain}" if self.wanted.subdomain else ""

    @property
    def port(self) -> int:
        """What its containers listen on."""
        return self.wanted.port or _NO_PORT

    @property
    def tag_setting(self) -> str:
        """The path of its tag in the stack's config."""
        return f"nutri:services.{self.name}.tag"


def specs(settings: Settings) -> tuple[ServiceSpec, ...]:
    """Return the app's services, each after those it needs."""
    return tuple(
        ServiceSpec(
            name,
            settings.services[name],
            settings.domain,
            environment.variables(name, settings),
            settings.acknowledge,
        )
        for name in services.in_order(settings.services)
    )


def public(specs: Iterable[ServiceSpec]) -> dict[str, str]:
    """Return the host names the world reaches, by service."""
    return {spec.name: spec.host_name for spec in specs if spec.host_name}


def patience(settings: Settings) -> int:
    """Return the seconds after which red checks fail a change: all may have to start anew."""
    starts = [one.health.startPeriod for one in settings.services.values()]
    return settings.settle_seconds + max(starts)


def build(
    specs: Iterable[ServiceSpec],
    places: Sequence[Placement],
    platform: Platform,
    after: Sequence[pulumi.Resource],
) -> list[Service]:
    """Make all services, each once those it needs are healthy."""
    made: dict[str, Service] = {}
    for spec in specs:
        needed = [one for name in spec.wanted.needs for one in made[name].applications]
        made[spec.name] = Service(spec, places, platform, after=[*after, *needed])
    return list(made.values())


class Service(pulumi.ComponentResource):
    """N equal applications with the same routing labels: Coolify's only way to replicas.

    Attributes:
        spec: what was asked for.
        applications: the replicas, in the order they are rolled out.
        url: where the world reaches the service; empty where it does not.
        host_name: its name in DNS; empty without one.
    """

    def __init__(
        self,
        spec: ServiceSpec,
        places: Sequence[Placement],
        platform: Platform,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("nutri:infra:Service", spec.name, None, opts)
        self._after = after
        self.spec = spec
        self.host_name = spec.host_name
        self.url = f"https://{self.host_name}" if self.host_name else ""
        self.applications: list[Application] = []
        self._platform = platform
        self._ways = [place.ssh for place in places]
        props = _props(spec, platform)
        for number in range(1, spec.wanted.replicas + 1):
            self.applications.append(self._replica(number, props, chosen(number, places)))
        self.register_outputs({"url": self.url})

    def _replica(self, number: int, props: dict[str, Any], place: Placement) -> Application:
        own: dict[str, Any] = {"instance": place.server, "ssh": place.ssh}
        if place.machine is not None:
            own["machine"] = place.machine
        if place.number > 1:  # people come by the load balancer's certificate, or the first one's
            own["labels"] = _labels(self.spec, asks=False)
        # Each waits for the one before, so that one of several always serves.
        before = self.applications[-1:]
        opts = self._options([*before, *place.ready, *self._after])
        name = f"{self.spec.name}-{number}"
        own["agreed"] = f"{name}:{VARIABLES}" in self.spec.agreed
        return Application(name, {**props, **own}, opts)

    def _options(self, after: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        # Coolify knows all of them, wherever they run, so they go with its server.
        return pulumi.ResourceOptions(
            parent=self, depends_on=list(after), deleted_with=self._platform.host.server
        )

    def settle(self, after: Sequence[pulumi.Resource]) -> Replicas:
        """Let replicas go that are too many, or in the wrong place, once the others serve."""
        applications = [application.id for application in self.applications]
        opts = self._options([*self.applications, *after])
        return Replicas(
            self.spec.name,
            self._platform.connection(),
            applications,
            self._ways,
            self.spec.wanted.stopGrace,
            opts,
            volumes=sorted(self.spec.wanted.volumes),
        )


def _props(spec: ServiceSpec, platform: Platform) -> dict[str, Any]:
    wanted, health = spec.wanted, spec.wanted.health
    return {
        "connection": platform.connection(),
        "project": platform.project.id,
        "image": wanted.image,
        "tag": wanted.tag,
        "port": spec.port,
        "alias": spec.name,
        "env": pulumi.Output.secret(spec.env),
        "labels": _labels(spec),
        "stop_grace_seconds": wanted.stopGrace,
        "rollout": wanted.rollout,
        "memory": wanted.memory,
        "cpus": wanted.cpus,
        "volumes": wanted.volumes,
        "health": {
            "path": health.livePath if wanted.http else "",
            "command": health.command or "",
            "interval": health.interval,
            "timeout": health.timeout,
            "retries": health.retries,
            "start_period": health.startPeriod,
        },
    }


def _labels(spec: ServiceSpec, *, asks: bool = True) -> list[str]:
    port, path = spec.wanted.port, spec.wanted.health.livePath
    if not spec.host_name or port is None:
        return labels.NONE
    return labels.routing(spec.name, spec.host_name, port, path, asks=asks)
