"""One service of the app: N replicas behind one name, rolled out one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from infra import database, labels
from infra.coolify.application import Application
from infra.coolify.replicas import Replicas
from infra.place import chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.place import Place
    from infra.platform import Platform
    from infra.settings import Settings

HEALTH_PATH = "/health"
_DRAIN_SECONDS = 5  # how long the app fails /health, but serves on, after SIGTERM
_STOP_GRACE_SECONDS = 30


@dataclass(frozen=True)
class ServiceSpec:
    """A service as the configuration wants it."""

    name: str
    subdomain: str
    image: str
    tag: str
    replicas: int
    port: int
    tag_setting: str
    env: dict[str, pulumi.Input[str]] = field(default_factory=dict)


def specs(settings: Settings) -> tuple[ServiceSpec, ...]:
    """Return the app's services; the ML service first, since the backend calls it."""
    ml = ServiceSpec(
        name="nutri-ml-service",
        subdomain="ml",
        image=settings.ml_image,
        tag=settings.ml_tag,
        replicas=settings.ml_replicas,
        port=8000,
        tag_setting="nutri:mlTag",
    )
    backend = ServiceSpec(
        name="nutri-backend",
        subdomain="api",
        image=settings.backend_image,
        tag=settings.backend_tag,
        replicas=settings.backend_replicas,
        port=3000,
        tag_setting="nutri:backendTag",
        env={"ML_SERVICE_URL": f"http://{ml.name}:{ml.port}", **database.environment(settings)},
    )
    return ml, backend


class Service(pulumi.ComponentResource):
    """N equal applications with the same routing labels: Coolify's only way to replicas.

    Attributes:
        spec: what was asked for.
        applications: the replicas, in the order they are rolled out.
        url: where the world reaches the service.
        host_name: its name in DNS.
    """

    def __init__(  # noqa: PLR0913 - a service has this many sides
        self,
        spec: ServiceSpec,
        places: Sequence[Place],
        platform: Platform,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("nutri:infra:Service", spec.name, None, opts)
        self._after = after
        self.spec = spec
        self.host_name = f"{spec.subdomain}.{settings.domain}"
        self.url = f"https://{self.host_name}"
        self.applications: list[Application] = []
        self._platform = platform
        props = _props(spec, platform, settings)
        for number in range(1, spec.replicas + 1):
            self.applications.append(self._replica(number, props, chosen(number, places)))
        self.register_outputs({"url": self.url})

    def _replica(self, number: int, props: dict[str, Any], place: Place) -> Application:
        own = {"instance": place.server}
        if place.machine is not None:
            own["machine"] = place.machine
        # Each waits for the one before, so that one of several always serves.
        before = self.applications[-1:]
        opts = self._options([*before, *place.ready, *self._after])
        return Application(f"{self.spec.name}-{number}", {**props, **own}, opts)

    def _options(self, after: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        # Coolify knows all of them, wherever they run, so they go with its server.
        return pulumi.ResourceOptions(
            parent=self, depends_on=list(after), deleted_with=self._platform.host.server
        )

    def settle(self, after: Sequence[pulumi.Resource]) -> Replicas:
        """Let replicas go that are too many, or in the wrong place, once the others serve."""
        applications = [application.id for application in self.applications]
        opts = self._options([*self.applications, *after])
        return Replicas(self.spec.name, self._platform.connection(), applications, opts)


def _props(spec: ServiceSpec, platform: Platform, settings: Settings) -> dict[str, Any]:
    health = settings.health_check
    host_name = f"{spec.subdomain}.{settings.domain}"
    return {
        "connection": platform.connection(),
        "project": platform.project.id,
        "image": spec.image,
        "tag": spec.tag,
        "port": spec.port,
        "alias": spec.name,
        "env": pulumi.Output.secret({"DRAIN_SECONDS": str(_DRAIN_SECONDS), **spec.env}),
        "labels": labels.routing(spec.name, host_name, spec.port, HEALTH_PATH),
        "stop_grace_seconds": _STOP_GRACE_SECONDS,
        "health": {
            "path": HEALTH_PATH,
            "interval": health.interval,
            "timeout": health.timeout,
            "retries": health.retries,
            "start_period": health.startPeriod,
        },
    }
