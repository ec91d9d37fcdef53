"""A server that does not answer: the mildest remedy first."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from common.errors import OperatorError
from runbook.revive import Revival


@dataclass
class FakeTools:
    """A server that is cured by one thing, or by nothing."""

    ssh: str | None = None
    """The boot it is in; None: no answer."""
    api: list[str] = field(default_factory=lambda: ["running"])
    """What the API says, one after another; the last stays."""
    cured_by: str = ""
    broken: tuple[str, ...] = ()
    stays_broken: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)

    def boot(self) -> str:
        """As it is."""
        self._call("boot")
        if self.ssh is None:
            raise OperatorError("SSH: timed out")
        return self.ssh

    def state(self) -> str:
        """The next one."""
        self._call("state")
        return self.api.pop(0) if len(self.api) > 1 else self.api[0]

    def press(self) -> None:
        """Soft."""
        self._remedy("press")

    def reset(self) -> None:
        """Hard."""
        self._remedy("reset")

    def power_on(self) -> None:
        """On."""
        self._remedy("power_on")

    def wait_for_boot(self, but: str | None, bound: float) -> str:
        """Only where it was cured."""
        assert bound > 0
        self._call("wait_for_boot")
        if self.ssh is None or self.ssh == but:
            raise OperatorError("gave up waiting for SSH")
        return self.ssh

    def wait_for_steady(self, bound: float) -> str:
        """At once."""
        assert bound > 0
        self._call("wait_for_steady")
        return self.api[0]

    def docker(self, bound: float) -> str:
        """Unless broken."""
        assert bound > 0
        self._call("docker")
        return "Docker 20 answers"

    def services(self, bound: float) -> str:
        """Unless broken."""
        assert bound > 0
        self._call("services")
        return "green"

    def health(self, bound: float) -> str:
        """Unless broken."""
        assert bound > 0
        self._call("health")
        return "green"

    def _remedy(self, name: str) -> None:
        self._call(name)
        if self.cured_by == name:
            self.ssh, self.broken = "boot-2", self.stays_broken

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise OperatorError(f"{name} is broken")


VERIFIED = ["docker", "services", "health"]


def run(tools: FakeTools, *, force: bool = False, dry: bool = False) -> tuple[int, str]:
    """The exit code, and everything that was said."""
    said: list[str] = []
    code = Revival(tools, said.append).run(force=force, dry=dry)
    return code, "\n".join(said)


def test_a_server_that_answers_is_let_be() -> None:
    """It is looked at, and nothing is done to it."""
    tools = FakeTools(ssh="boot-1")
    code, said = run(tools)
    assert code == 0
    assert tools.calls == ["boot", *VERIFIED]
    assert "nothing is done to it" in said


def test_a_service_that_is_down_is_another_procedure() -> None:
    """The server answers: no reboot for that."""
    code, said = run(FakeTools(ssh="boot-1", broken=("services",)))
    assert code == 1
    assert "`runbook outage SERVICE`" in said


def test_a_soft_reboot_that_helps_ends_it() -> None:
    """No power is cut."""
    tools = FakeTools(cured_by="press")
    assert run(tools)[0] == 0
    assert tools.calls == ["boot", "state", "press", "wait_for_boot", *VERIFIED]


def test_a_frozen_server_is_reset() -> None:
    """After the soft reboot had its time."""
    tools = FakeTools(cured_by="reset")
    assert run(tools)[0] == 0
    assert tools.calls[2:] == [
        "press", "wait_for_boot", "state", "reset", "wait_for_boot", *VERIFIED,
    ]  # fmt: skip


def test_a_server_that_is_off_is_switched_on() -> None:
    """Nothing is rebooted."""
    tools = FakeTools(api=["off"], cured_by="power_on")
    assert run(tools)[0] == 0
    assert tools.calls == ["boot", "state", "power_on", "wait_for_boot", *VERIFIED]


def test_one_that_went_down_and_stayed_there_is_switched_on() -> None:
    """A reset is for what runs."""
    tools = FakeTools(api=["running", "off"], cured_by="power_on")
    assert run(tools)[0] == 0
    assert tools.calls[2:6] == ["press", "wait_for_boot", "state", "power_on"]


def test_what_is_on_its_way_is_waited_for() -> None:
    """Until it runs or is off."""
    tools = FakeTools(api=["starting", "running"], cured_by="press")
    assert run(tools)[0] == 0
    assert tools.calls[:4] == ["boot", "state", "wait_for_steady", "state"]


def test_dead_docker_behind_a_living_ssh_is_rebooted() -> None:
    """And another boot is waited for, not the SSH that answers still."""
    tools = FakeTools(ssh="boot-1", broken=("docker",), cured_by="press")
    assert run(tools)[0] == 0
    assert "press" in tools.calls


@pytest.mark.parametrize("broken", ["docker", "services", "health"])
def test_what_is_not_well_afterwards_is_told(broken: str) -> None:
    """Exit code 1, with its last error."""
    code, said = run(FakeTools(api=["off"], cured_by="power_on", stays_broken=(broken,)))
    assert code == 1
    assert f"{broken} is broken" in said


def test_what_nothing_helps_ends_with_the_last_error() -> None:
    """After the reset, too."""
    code, said = run(FakeTools())
    assert code == 1
    assert said.splitlines()[-1].endswith("gave up waiting for SSH")


@pytest.mark.parametrize(
    ("api", "plan"), [("running", "reset its power"), ("off", "switch it on"), ("x", "wait until")]
)
def test_a_dry_run_only_looks(api: str, plan: str) -> None:
    """It tells what would be done."""
    tools = FakeTools(api=[api])
    code, said = run(tools, dry=True)
    assert code == 1
    assert plan in said
    assert set(tools.calls) <= {"boot", "state"}
    assert run(FakeTools(ssh="boot-1"), dry=True)[0] == 0


def test_force_reboots_what_answers() -> None:
    """As asked."""
    tools = FakeTools(ssh="boot-1", cured_by="press")
    assert run(tools, force=True)[0] == 0
    assert "press" in tools.calls
