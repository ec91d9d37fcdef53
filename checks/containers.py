"""E1: exactly the expected containers run, are healthy, and have the expected image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from checks.check import Check, services
from checks.verdict import Verdict, green, red
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks.observer import Observer
    from common.target import ServerTarget, ServiceTarget, Target

# One row a container that Coolify made; `docker ps` tells the health only within its status text.
LIST_CONTAINERS = (
    "docker ps --all --no-trunc --filter label=coolify.name --format "
    """'{"id":{{json .ID}},"name":{{json .Names}},"image":{{json .Image}},"""
    """"state":{{json .State}},"status":{{json .Status}},"""
    """"application":{{json (.Label "coolify.name")}}}'"""
)


class Container(BaseModel):
    """One container of an application; `status` is Docker's text, as in 'Up 2 hours (healthy)'."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    image: str
    state: str
    status: str
    application: str

    @property
    def runs(self) -> bool:
        """Whether its process runs."""
        return self.state == "running"

    @property
    def is_healthy(self) -> bool:
        """Whether Docker's health check passes."""
        return self.status.endswith("(healthy)")

    @property
    def is_unjudged(self) -> bool:
        """Whether it has no health check, as one of a service that speaks no HTTP."""
        return "(" not in self.status


_rows = TypeAdapter(list[Container])


def parse_containers(output: str) -> list[Container]:
    """The rows of LIST_CONTAINERS.

    Raises:
        OperatorError: when they are not what was asked for.
    """
    text = ",".join(line for line in output.splitlines() if line.strip())
    try:
        return _rows.validate_json(f"[{text}]")
    except ValidationError as error:
        raise OperatorError(
            "`docker ps` on the server does not answer as asked; is its Docker 20.10 or newer?"
        ) from error


def collect_containers(observer: Observer, service: ServiceTarget) -> tuple[Container, ...]:
    """The containers of the service's applications, running or not, over all servers."""
    found = [one for server in observer.target.servers for one in on_server(observer, server)]
    return tuple(one for one in found if one.application in service.applications)


def on_server(observer: Observer, server: ServerTarget) -> list[Container]:
    """The containers of all applications on a server, listed once for all checks of this run."""
    return observer.once(
        ("containers", server.name),
        lambda: parse_containers(observer.ssh(server).run(LIST_CONTAINERS).stdout),
    )


def judge_containers(
    service: ServiceTarget, containers: Sequence[Container], _target: Target
) -> Verdict:
    """Green when each replica's application has one running, healthy, right container."""
    expected = f"{service.image}:{service.tag}"
    if len(service.applications) != service.replicas:
        return red(
            f"{service.replicas} replicas are wanted, Coolify has {len(service.applications)} "
            "applications for them",
            "run `pulumi up`",
        )
    faults = [
        fault
        for number, application in enumerate(service.applications, 1)
        if (fault := _fault(service, f"{service.name}-{number}", application, containers))
    ]
    if faults:
        return red("; ".join(faults), f"see `runbook logs {service.name}`, then `pulumi up`")
    return green(f"{service.replicas} of {service.replicas} healthy, image {expected}")


def _fault(
    service: ServiceTarget, replica: str, application: str, containers: Sequence[Container]
) -> str | None:
    expected = f"{service.image}:{service.tag}"
    mine = [one for one in containers if one.application == application]
    running = [one for one in mine if one.runs]
    if not running:
        stopped = f" ({mine[-1].status})" if mine else ""
        return f"{replica} has no running container{stopped}"
    if len(running) > 1:
        return f"{replica} has {len(running)} running containers instead of one"
    container = running[0]
    if not (container.is_healthy or (not service.http and container.is_unjudged)):
        return f"{replica} is not healthy: {container.status}"
    if container.image != expected:
        return f"{replica} has image {container.image} instead of {expected}"
    return None


CONTAINERS = Check(
    "containers",
    "E1",
    "every replica runs and is healthy",
    services,
    collect_containers,
    judge_containers,
)
