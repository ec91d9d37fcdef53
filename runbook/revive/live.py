"""The steps' tools on a real server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import checks
from clients.hetzner import HetznerError
from clients.ssh import SshClient
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until
from runbook import output

if TYPE_CHECKING:
    from clients.hetzner import Hetzner
    from common.target import ServerTarget, Target

# A virtual machine has a boot id of its own, a container the start of its first process.
_BOOT = "cat /proc/sys/kernel/random/boot_id && cut -d' ' -f22 /proc/1/stat"
_SSH_SECONDS = 10
_CONSOLE = "https://console.hetzner.com/projects"


def console(server: ServerTarget) -> str:
    """Where a person sees the server's screen."""
    return f"{_CONSOLE} -> the project -> Servers -> {server.name} (#{server.id}) -> Console"


@dataclass(frozen=True)
class LiveTools:
    """Does what `Tools` asks for, to one server of a stack."""

    target: Target
    server: ServerTarget
    hetzner: Hetzner

    def boot(self) -> str:
        """One look over SSH, ten seconds at most."""
        return self._run(_BOOT)

    def state(self) -> str:
        """As the API tells it."""
        found = self.hetzner.server(self.server.id)
        if found is None:
            raise HetznerError(
                f"the API knows no server with id {self.server.id}: it is gone; "
                "docs/recovery.md says how to go on"
            )
        return found.status

    def press(self) -> None:
        """ACPI; the action ends once it was sent."""
        self._power("reboot")

    def reset(self) -> None:
        """Hard."""
        self._power("reset")

    def power_on(self) -> None:
        """As the button."""
        self._power("poweron")

    def wait_for_boot(self, but: str | None, bound: float) -> str:
        """Until SSH answers and tells another boot."""

        def look() -> str:
            found = self.boot()
            if found == but:
                raise NotYetError("it has not gone down yet")
            return found

        return wait_until(
            f"SSH of {self.server.name}",
            look,
            bound=bound,
            interval=1,
            max_interval=3,
            progress=output.waiting,
        )

    def wait_for_steady(self, bound: float) -> str:
        """Until it is running or off."""

        def look() -> str:
            found = self.state()
            if found not in {"running", "off"}:
                raise NotYetError(f"it is {found}")
            return found

        return wait_until(f"the state of {self.server.name}", look, bound=bound)

    def docker(self, bound: float) -> str:
        """Until its version can be had."""

        def look() -> str:
            return self._run("docker info --format '{{.ServerVersion}}'").strip()

        version = wait_until(
            f"Docker of {self.server.name}", look, bound=bound, progress=output.waiting
        )
        return f"Docker {version} answers"

    def services(self, bound: float) -> str:
        """The check of the containers."""
        return self._verify(("containers",), bound)

    def health(self, bound: float) -> str:
        """The checks from outside."""
        return self._verify(("dns", "certificate", "health", "latency"), bound)

    def _verify(self, ids: tuple[str, ...], bound: float) -> str:
        report = checks.verify(self.target, ids, settle=bound, progress=output.waiting)
        if report.exit_code:
            raise OperatorError(f"{report.summary()}\n{report.wrong()}")
        return f"{output.counted(len(report.results), 'check')} green"

    def _run(self, command: str) -> str:
        with SshClient(self.server.ssh, connect_timeout=_SSH_SECONDS) as client:
            return client.run(command, timeout=_SSH_SECONDS + 5).stdout

    def _power(self, action: str) -> None:
        self.hetzner.act(f"servers/{self.server.id}/actions/{action}")
