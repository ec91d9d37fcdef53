"""Before a container stops: the proxy sends it nothing new, and what is under way ends.

Whatever the app does on SIGTERM, and whoever stops it: Coolify, Docker, or an application's end.
The work is done on the server itself (`agent.drain`), where it outlives the machine that
asked for it.

    with drained(client, "nutri-backend", application, grace=30, say=print):
        ...  # stop, restart or replace it
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from agent.drain.files import NO_SPACE
from clients.drain.program import build
from clients.ssh import SshError
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clients.ssh import Result

__all__ = ["Drain", "DrainRefusedError", "Runner", "build", "drained", "finish"]

_FILE = "/usr/local/lib/nutri/drain.pyz"
_INSTALL = (
    f"umask 022; mkdir -p {_FILE.rpartition('/')[0]} && base64 -d >{_FILE}.new && "
    f'mv {_FILE}.new {_FILE} && exec python3 -B {_FILE} "$@"'
)
_BOUND_SECONDS = 1800.0
_SLACK_SECONDS = 60.0
FOLDER = "/data/coolify/proxy/dynamic"


class DrainRefusedError(OperatorError):
    """The proxy does not take the file that names the other containers."""


class Runner(Protocol):
    """What runs commands on a server: an `SshClient`."""

    def run(
        self,
        command: str | Sequence[str],
        *,
        stdin: str | None = None,
        timeout: float = 60.0,
        check: bool = True,
    ) -> Result:
        """Run a command, as `SshClient.run` does."""


@dataclass(frozen=True)
class Drain:
    """What came of it.

    `drained`: nothing is under way. `busy`: so many connections are left after the stop grace.
    `alone`: there is nobody else to answer, so it serves until another one is healthy.
    `unrouted` and `absent`: the proxy sends it nothing, or it is not on this server.
    """

    state: str
    connections: int = 0
    reason: str = ""


@contextlib.contextmanager
def drained(  # noqa: PLR0913 - what has to be known
    runner: Runner,
    service: str,
    what: str,
    *,
    grace: float,
    say: Callable[[str], None],
    strict: bool = True,
) -> Iterator[Drain]:
    """Keep requests away from containers while the block runs.

    Afterwards they go where the labels lead, as soon as the proxy has them as they are by then.

    Args:
        runner: the way to the server the containers are on.
        service: as in the containers' labels.
        what: Coolify's uuid of an application, or ids of containers, by commas.
        grace: seconds that what is under way may take at most.
        say: told what is not as it should be.
        strict: False goes on where the proxy refuses.

    Raises:
        DrainRefusedError: the proxy does not take it; nothing was stopped.
        OperatorError: the server cannot be asked.
    """
    found = _start(runner, service, what, grace)
    if found.state == "refused" and strict:
        raise DrainRefusedError(_refused(service, found.reason))
    if found.state == "refused":
        say(_refused(service, found.reason))
    if found.state == "busy":
        say(f"{service}: {found.connections} connections are left after {grace:.0f} s; going on")
    try:
        yield found
    finally:
        if found.state not in {"unrouted", "absent", "refused"}:
            _end(runner, service)


def finish(runner: Runner, service: str, seconds: float = 60.0) -> bool:
    """Wait until nothing of a drain is left on a server; whether that is so.

    Also takes away what an interrupted one left behind.
    """
    told = _ask(runner, ["end", service, f"{seconds:.0f}"], seconds + _SLACK_SECONDS)
    return bool(told["state"] == "over")


def on_stderr(text: str) -> None:
    """Tell the engine's reader."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the engine shows it


def _start(runner: Runner, service: str, what: str, grace: float) -> Drain:
    words = ["start", service, what, f"{grace:.0f}", f"{_BOUND_SECONDS:.0f}"]
    told = _ask(runner, words, grace + _SLACK_SECONDS)
    return Drain(told["state"], int(told.get("connections", 0)), told.get("reason", ""))


def _end(runner: Runner, service: str) -> None:
    """Let it end; where the server cannot be told, it ends by itself."""
    with contextlib.suppress(SshError):
        _ask(runner, ["end", service], _SLACK_SECONDS)


def _ask(runner: Runner, words: Sequence[str], bound: float) -> dict[str, Any]:
    done = runner.run(["sh", "-c", _INSTALL, "sh", *words], stdin=build(), timeout=bound)
    try:
        found = json.loads(done.stdout)
        is_right = "state" in found
    except (ValueError, TypeError):
        is_right = False
    if not is_right:
        text = f"the server answers in another form when it drains {words[1]}: {done.stdout[:100]}"
        raise OperatorError(text) from None
    return dict(found)


def _refused(service: str, reason: str) -> str:
    if reason == NO_SPACE:
        return (
            f"{reason} on the server, so requests cannot be led away from {service} before it "
            "stops: `runbook check disk` tells what makes room, then the same command again"
        )
    where = reason.replace("/traefik/dynamic", FOLDER)
    why = where or "see `docker logs coolify-proxy` on the server"
    return (
        f"the proxy takes no new file, so requests cannot be led away from {service} before it "
        f"stops: {why}. Mend that file or move it out of {FOLDER}, then the same command again"
    )
