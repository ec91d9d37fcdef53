"""Drills on one server: it freezes, or a disk is full. Both end by themselves."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import checks
from clients.ssh import CommandTimeoutError, SshError
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until
from runbook import pruning, servers
from runbook.revive import Revival

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import ServerTarget, Target
    from runbook.drills.report import Drill
    from runbook.revive import Tools

# Everything but the first process: SSH, Docker and every container stand still where they are.
_FREEZE = "setsid sh -c 'sleep 1; kill -STOP -1' >/dev/null 2>&1 </dev/null & true"
_FROZEN_SECONDS = 60.0
_MOUNT = "/srv/nutri-drill"
# A small file system of its own: the check looks at each, and no other is in danger.
_FILL = f"""mkdir -p {_MOUNT}
mountpoint -q {_MOUNT} || mount -t tmpfs -o size=8m nutri-drill {_MOUNT}
head -c 8m /dev/zero >{_MOUNT}/full || true"""
_EMPTY = f"""rm -f {_MOUNT}/full
if mountpoint -q {_MOUNT}; then umount {_MOUNT}; fi
rmdir {_MOUNT}"""


@dataclass(frozen=True)
class ServerDrill:
    """One drill on one server."""

    drill: Drill
    target: Target
    server: ServerTarget
    say: Callable[[str], None]

    def frozen(self, tools: Tools) -> None:
        """Stop every process, see it, and bring the server back as E4 says."""
        with self.drill.running(self.say) as phase:
            with phase("freeze"):
                self._run(_FREEZE)
                self._wait_for_silence()
            with phase("detect") as timer:
                timer.note = self._red("ssh", self.server.name)
            with phase("revive") as timer:
                revival = Revival(tools, self.say)
                code = revival.run()
                timer.note = ", ".join(step.name for step in revival.steps)
            if code:
                raise OperatorError("the server is not well again")

    def full_disk(self) -> None:
        """Fill a file system, see it, and free the space as Q1 says."""
        with self.drill.running(self.say) as phase:
            began = time.monotonic()
            try:
                with phase("fill"):
                    self._run(_FILL)
                with phase("detect") as timer:
                    timer.note = self._red("disk", self.server.name)
                self.drill.measures["detect_seconds"] = round(time.monotonic() - began, 1)
                with phase("prune") as timer, servers.connect(self.server) as client:
                    timer.note = f"{pruning.prune(client, images=False).space} freed"
            finally:
                with phase("remove"):
                    self._run(_EMPTY)
            with phase("verify") as timer:
                timer.note = self._green("disk", self.server.name)

    def _wait_for_silence(self) -> None:
        def look() -> bool:
            try:
                self._run("true", timeout=5)
            except (SshError, CommandTimeoutError):
                return True
            raise NotYetError("SSH still answers")

        wait_until("the server to freeze", look, bound=_FROZEN_SECONDS, retry_on=NotYetError)

    def _red(self, check: str, subject: str) -> str:
        """What the check says, which must not be green."""
        report = checks.run(self.target, checks.select([check]), only={(check, subject)})
        if not report.not_green:
            raise OperatorError(f"the check {check} of {subject} has not seen it")
        return report.not_green[0].verdict.message

    def _green(self, check: str, subject: str) -> str:
        report = checks.verify(self.target, [check], only={(check, subject)}, settle=60)
        report.raise_for_red()
        return report.results[0].verdict.message

    def _run(self, command: str, timeout: float = 60.0) -> None:
        with servers.connect(self.server) as client:
            client.run(command, timeout=timeout)
