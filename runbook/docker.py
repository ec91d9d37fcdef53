"""Q1: a server's Docker: what runs, what could be freed, the daemon itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from checks.capacity import named
from clients.ssh import CommandFailedError
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clients.ssh import SshClient
    from common.target import Target
    from common.waiting import Attempt

_BACK_SECONDS = 300.0
_LIST = ["docker", "ps", "--all", "--format", "{{json .}}"]


class Container(BaseModel):
    """One container as `docker ps` shows it."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(alias="Names")
    image: str = Field(alias="Image")
    state: str = Field(alias="State")
    status: str = Field(alias="Status")

    @property
    def is_well(self) -> bool:
        """Whether it runs, and is healthy where that is looked at."""
        return self.state == "running" and "unhealthy" not in self.status and not self.is_starting

    @property
    def is_starting(self) -> bool:
        """Whether its first health checks are still to come."""
        return "health: starting" in self.status


def containers(client: SshClient) -> list[Container]:
    """Every container of a server, running or not."""
    return parse_containers(client.run(_LIST).stdout)


def parse_containers(output: str) -> list[Container]:
    """The rows of `docker ps --format '{{json .}}'`.

    Raises:
        OperatorError: when they are of another form.
    """
    try:
        return [Container.model_validate_json(line) for line in output.splitlines() if line.strip()]
    except ValidationError as error:
        raise OperatorError(f"`docker ps` answers in another form: {error}") from error


def lines(found: Iterable[Container], target: Target) -> list[str]:
    """A line a container, those that are not well first."""
    rows = [(named(one.name, target), one) for one in found]
    rows.sort(key=lambda row: (row[1].is_well, row[0]))
    width = max((len(name) for name, _ in rows), default=0)
    return [f"{name:{width}}  {one.status:30}  {one.image}" for name, one in rows]


def restart_daemon(client: SshClient, progress: Callable[[Attempt], None]) -> list[str]:
    """Restart the Docker daemon and wait until what was well is well again; its names.

    Of a daemon that does not answer nobody knows what was: then all that runs has to be well.

    Raises:
        WaitTimeoutError: when it does not come back in time.
    """
    before = _running(client)
    client.run(["systemctl", "restart", "docker"], timeout=180)

    def back() -> bool:
        found = {one.name: one for one in containers(client)}
        runs = {one.name for one in found.values() if one.state == "running"}
        wanted = runs if before is None else before
        ill = sorted(name for name in wanted if name not in found or not found[name].is_well)
        if ill:
            raise NotYetError(f"not well yet: {', '.join(ill)}")
        names.extend(sorted(wanted))
        return True

    names: list[str] = []
    wait_until("the containers to be back", back, bound=_BACK_SECONDS, progress=progress)
    return names


def _running(client: SshClient) -> set[str] | None:
    """The names of what runs; None where Docker does not answer."""
    try:
        return {one.name for one in containers(client) if one.state == "running"}
    except CommandFailedError:
        return None
