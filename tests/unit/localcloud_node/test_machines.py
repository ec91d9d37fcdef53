"""What the machines do besides asking the engine: reboots, errors, locks."""

from __future__ import annotations

import multiprocessing
import time
from typing import TYPE_CHECKING, Any

import pytest
from docker.errors import APIError

from localcloud.hetzner.machines import MachineError
from localcloud.node.errors import NodeError
from localcloud.node.locks import exclusive
from localcloud.node.machines import DockerMachines
from localcloud.node.records import Record
from localcloud.node.sizes import limits
from localcloud.settings import Instance

if TYPE_CHECKING:
    from pathlib import Path


class Container:
    """A container that only knows whether it runs."""

    attrs: dict[str, Any] = {  # noqa: RUF012 - never changed
        "NetworkSettings": {"Networks": {"localcloud-nutri": {"IPAddress": "100.64.10.3"}}},
        "State": {"Pid": 1},
    }

    def __init__(self, status: str) -> None:
        self.status = status

    def start(self) -> None:
        """Run."""
        self.status = "running"


class Engine:
    """An engine with one container, or one that fails."""

    def __init__(self, container: Container | None = None, error: Exception | None = None) -> None:
        self.container = container
        self.error = error

    @property
    def containers(self) -> Engine:
        """The container collection."""
        return self

    def get(self, _name: str) -> Container | None:
        """Find the container."""
        if self.error:
            raise self.error
        return self.container


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance with a home of its own."""
    return Instance(home=tmp_path)


def make(instance: Instance, engine: Engine, *, on: bool) -> DockerMachines:
    """Machines with one server."""
    machines = DockerMachines(instance, engine, lambda _line: None)  # type: ignore[arg-type]
    machines._records.put(1, Record("127.10.0.2", on=on))
    return machines


@pytest.mark.parametrize(
    ("code", "on", "status"),
    [(129, True, "running"), (130, True, "exited"), (137, True, "exited"), (129, False, "exited")],
    ids=["reboot", "poweroff", "killed", "rebooting while switched off"],
)
def test_only_a_reboot_of_a_server_that_is_on_boots_it_again(
    instance: Instance, code: int, status: str, *, on: bool
) -> None:
    """The exit code tells a reboot from a poweroff; a shutdown by the API wins over both."""
    container = Container("exited")
    make(instance, Engine(container), on=on)._ended(1, code)
    assert container.status == status


def test_the_end_of_an_unknown_container_is_no_matter(instance: Instance) -> None:
    """A server that was deleted meanwhile does not come back."""
    container = Container("exited")
    make(instance, Engine(container), on=True)._ended(2, 129)
    assert container.status == "exited"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (APIError("x", explanation="no space left on device"), "no space left on device"),
        (NodeError("the disk is gone"), "the disk is gone"),
    ],
)
def test_the_engines_errors_are_the_actions_errors(
    instance: Instance, error: Exception, text: str
) -> None:
    """The API shows the engine's own words."""
    machines = make(instance, Engine(error=error), on=False)
    with pytest.raises(MachineError, match=text):
        machines.start(1)


def test_limits_never_ask_for_more_cores_than_there_are() -> None:
    """The engine refuses more; memory may be more, since it is only a limit."""
    assert limits(16, 32, host_cores=2).arguments() == {
        "cpu_period": 100_000,
        "cpu_quota": 200_000,
        "mem_limit": 32 * 1024**3,
        "memswap_limit": 32 * 1024**3,
    }
    assert limits(1, 0.5, host_cores=2).memory_bytes == 512 * 1024**2


def _hold(lock: Path, seconds: float) -> None:
    with exclusive(lock, "testing"):
        lock.with_suffix(".held").touch()
        time.sleep(seconds)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """A second process waits, within its bound, and the error says for what."""
    lock = tmp_path / "x.lock"
    other = multiprocessing.get_context("spawn").Process(target=_hold, args=(lock, 30))
    other.start()
    try:
        while not lock.with_suffix(".held").exists():
            time.sleep(0.02)
        with pytest.raises(NodeError, match="finish testing"), exclusive(lock, "testing", 0.3):
            pass
    finally:
        other.kill()
        other.join()
    with exclusive(lock, "testing", 5):
        assert lock.exists(), "a killed holder frees it"
