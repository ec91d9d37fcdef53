"""Back to an earlier tag by Docker alone: for when Coolify is down and users are not served."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from checks.containers import LIST_CONTAINERS, parse_containers
from clients import drain
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until
from runbook.rollback.clone import clone, new_name
from runbook.rollback.docker import Docker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checks.containers import Container
    from clients.drain import Runner
    from common.target import ServiceTarget
    from common.waiting import Attempt

HEALTHY_SECONDS = 180.0
_ENDED = frozenset({"exited", "dead", "unhealthy", "restarting"})


class EmergencyError(OperatorError):
    """The earlier tag did not get healthy; what ran before runs on."""


@dataclass(frozen=True)
class Replaced:
    """A replica that runs the wanted tag now; `container` is None where it did so already."""

    replica: str
    container: str | None
    stopped: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class _Replica:
    name: str
    application: str
    runner: Runner
    containers: tuple[Container, ...]

    @property
    def running(self) -> list[Container]:
        """Those that run, or try to: a container that restarts all the time has to stop, too."""
        return [one for one in self.containers if one.state in {"running", "restarting", "paused"}]


def roll_back(
    service: ServiceTarget,
    tag: str,
    runners: Sequence[Runner],
    progress: Callable[[Attempt], None],
    *,
    bound: float | None = None,
) -> Iterator[Replaced]:
    """Replace each replica's container, one after another; the old one stops when the new is well.

    Args:
        service: whose replicas.
        tag: to run.
        runners: the way to each server.
        progress: called while a container is waited for.
        bound: seconds each may take to get healthy; by default as the service says itself.

    Raises:
        EmergencyError: a container did not get healthy; it is gone again, the old one runs on.
        OperatorError: a replica never had a container here, or Docker refuses.
    """
    for replica in [_find(service, number, runners) for number in range(len(service.applications))]:
        wait = service.patience(HEALTHY_SECONDS) if bound is None else bound
        yield _replace(replica, f"{service.image}:{tag}", progress, wait)


def _find(service: ServiceTarget, number: int, runners: Sequence[Runner]) -> _Replica:
    application = service.applications[number]
    name = f"{service.name}-{number + 1}"
    for runner in runners:
        listed = parse_containers(runner.run(LIST_CONTAINERS).stdout)
        mine = tuple(one for one in listed if one.application == application)
        if mine:
            return _Replica(name, application, runner, mine)
    raise OperatorError(
        f"no server has a container of {name}, running or stopped, to take the settings from; "
        f"`pulumi up` makes a new one when Coolify answers"
    )


def _replace(
    replica: _Replica, image: str, progress: Callable[[Attempt], None], bound: float
) -> Replaced:
    started = time.monotonic()
    docker = Docker(replica.runner)
    right = [one for one in replica.running if one.image == image and one.is_healthy]
    made = None if right else _start(docker, replica, image, progress, bound)
    wrong = [one for one in replica.running if one not in right[:1]]
    if wrong:
        _stop(docker, replica, [one.id for one in wrong])
    return Replaced(
        replica.name, made, tuple(one.name for one in wrong), time.monotonic() - started
    )


def _stop(docker: Docker, replica: _Replica, containers: Sequence[str]) -> None:
    """Stop containers once nothing is under way to them; whatever the proxy says to that."""
    seconds = [docker.inspect(one).stop_seconds for one in containers]
    service = replica.name.rpartition("-")[0]
    with drain.drained(
        replica.runner,
        service,
        ",".join(containers),
        grace=max(seconds),
        say=drain.on_stderr,
        strict=False,
    ):
        for one, bound in zip(containers, seconds, strict=True):
            docker.stop(one, bound)


def _start(
    docker: Docker,
    replica: _Replica,
    image: str,
    progress: Callable[[Attempt], None],
    bound: float,
) -> str:
    """Start the like of the replica's container with the image; its name, once it is well."""
    docker.fetch(image)
    # Docker lists the newest first.
    old = docker.inspect(next(iter(replica.running or replica.containers)).id)
    name = new_name(replica.application, datetime.now(UTC))
    container = docker.create(clone(old, docker.defaults(old.image_id), image, name))
    try:
        docker.start(container)
        _wait_until_well(docker, container, f"{replica.name} to be healthy", progress, bound)
    except (OperatorError, KeyboardInterrupt) as error:
        lines = docker.last_lines(container)
        docker.remove(container)
        raise EmergencyError(
            f"{replica.name} did not get healthy with {image}, so what ran before runs on: "
            f"{error}; its last lines:\n{lines}"
        ) from error
    return name


def _wait_until_well(
    docker: Docker,
    container: str,
    reason: str,
    progress: Callable[[Attempt], None],
    bound: float,
) -> None:
    def look() -> bool:
        health = docker.health(container)
        if health in _ENDED:
            raise EmergencyError(f"it is {health}")
        if health not in {"healthy", "running"}:
            raise NotYetError(f"it is {health}")
        return True

    wait_until(reason, look, bound=bound, max_interval=3, retry_on=NotYetError, progress=progress)
