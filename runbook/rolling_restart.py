"""Q1 and E1: restart the replicas of a service, one after another, each waited for."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.containers import LIST_CONTAINERS, parse_containers
from checks.logs import replica_name
from clients import drain
from clients.coolify import deployments
from clients.coolify.client import over
from clients.coolify.errors import CoolifyUnreachableError
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until
from runbook import output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checks.containers import Container
    from clients.coolify.client import Client
    from clients.ssh import SshClient
    from common.target import CoolifyTarget, ServiceTarget
    from common.waiting import Attempt

_ROLLOUT_SECONDS = 600.0
_HEALTHY_SECONDS = 180.0


@dataclass(frozen=True)
class Restarted:
    """A replica that is healthy again, after so many seconds, in that container."""

    replica: str
    container: str
    seconds: float


@dataclass(frozen=True)
class Running:
    """A container of an application and the way to its server."""

    client: SshClient
    container: Container


def question(service: ServiceTarget, *, hard: bool = False) -> str:
    """What every verb asks before it restarts a service."""
    how = "each is down for a moment" if hard else "one after another, each waited for"
    return f"Restart {output.counted(service.replicas, 'replica')} of {service.name}, {how}?"


@contextlib.contextmanager
def coolify_over(client: SshClient, target: CoolifyTarget) -> Iterator[Client]:
    """Coolify's API; where it is down, the error names the way without it."""
    try:
        with over(client, target) as api:
            yield api
    except CoolifyUnreachableError as error:
        raise OperatorError(f"{error}; `runbook restart SERVICE --hard` does without it") from error


def restart(
    service: ServiceTarget,
    clients: Sequence[SshClient],
    coolify: Client,
    progress: Callable[[Attempt], None],
) -> Iterator[Restarted]:
    """Restart each replica by Coolify: a new container is healthy before the old one goes.

    Raises:
        CoolifyError: when Coolify refuses.
        DeploymentFailedError: when a restart failed; the old container serves on.
        WaitTimeoutError: when something does not end in time.
    """
    for number, application in enumerate(service.applications, 1):
        started, name = time.monotonic(), f"{service.name}-{number}"
        before = {place.container.id for place in _places(clients, application)}
        rollout, bound = service.patience(_ROLLOUT_SECONDS), service.patience(_HEALTHY_SECONDS)
        with _away(service, application, clients):
            _redeploy(name, application, coolify, rollout, progress)
            container = _wait_for_healthy(name, clients, application, before, bound, progress)
        yield Restarted(name, container.name, time.monotonic() - started)


def restart_hard(
    service: ServiceTarget,
    clients: Sequence[SshClient],
    progress: Callable[[Attempt], None],
) -> Iterator[Restarted]:
    """Restart each replica's container by Docker alone; meanwhile that replica is down.

    Raises:
        OperatorError: when a replica has no container that could be restarted.
        WaitTimeoutError: when a container does not get healthy in time.
    """
    for application in service.applications:
        places = _places(clients, application)
        if not places:
            raise OperatorError(
                f"application {application} of {service.name} has no container to restart; "
                f"without --hard Coolify makes a new one: `runbook restart {service.name}`"
            )
        for place in places:
            started, name = time.monotonic(), replica_name(service, place.container)
            grace, bound = service.stop_grace, service.patience(_HEALTHY_SECONDS)
            words = ["docker", "restart", "--time", str(grace), place.container.id]
            with _away(service, application, [place.client], strict=False):
                place.client.run(words, timeout=grace + 60)
                _wait_for_healthy(name, [place.client], application, set(), bound, progress)
            yield Restarted(name, place.container.name, time.monotonic() - started)


@contextlib.contextmanager
def _away(
    service: ServiceTarget, application: str, clients: Sequence[SshClient], *, strict: bool = True
) -> Iterator[None]:
    """Have the proxies send nothing to a replica meanwhile, and what is under way end first."""
    with contextlib.ExitStack() as stack:
        for client in clients:
            stack.enter_context(
                drain.drained(
                    client,
                    service.name,
                    application,
                    grace=service.stop_grace,
                    say=drain.on_stderr,
                    strict=strict,
                )
            )
        yield


def _places(clients: Sequence[SshClient], application: str) -> list[Running]:
    return [
        Running(client, container)
        for client in clients
        for container in parse_containers(client.run(LIST_CONTAINERS).stdout)
        if container.application == application
    ]


def _redeploy(
    name: str,
    application: str,
    coolify: Client,
    bound: float,
    progress: Callable[[Attempt], None],
) -> None:
    deployments.wait_for_idle(coolify, application, name, progress)
    deployment = deployments.restart(coolify, application)
    what = f"the restart of {name}"
    deployments.wait_for_end(coolify, deployment, what, bound, progress)


def _wait_for_healthy(  # noqa: PLR0913, PLR0917 - a wait has this many sides
    name: str,
    clients: Sequence[SshClient],
    application: str,
    before: set[str],
    bound: float,
    progress: Callable[[Attempt], None],
) -> Container:
    def look() -> Container:
        found = [place.container for place in _places(clients, application)]
        fresh = [one for one in found if one.id not in before]
        healthy = [one for one in fresh if one.runs and one.is_healthy]
        if not healthy:
            raise NotYetError(fresh[0].status if fresh else "there is no new container")
        return healthy[0]

    return wait_until(
        f"{name} to be healthy",
        look,
        bound=bound,
        retry_on=NotYetError,
        progress=progress,
    )
