"""SSH keys of before: no server lets them in, but a disk put back from an older image does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clients.ssh import SshClient, SshPermissionDeniedError
from common.waiting import NotYetError, wait_until
from runbook import output
from runbook.rotate.ssh_key import FORMER, admit, public_of, take_out, with_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.target import ServerTarget
    from runbook.rotate.config import Config

_SSH_SECONDS = 10


def of(config: Config) -> list[str]:
    """The keys of before, in no order."""
    found = config.get(FORMER)
    return [str(key) for key in found.values()] if isinstance(found, dict) else []


def bring_in(server: ServerTarget, former: Sequence[str], bound: float) -> str:
    """Have a server that was put back let today's key in, and those of before no more.

    Returns:
        What was found, for people.

    Raises:
        WaitTimeoutError: it lets in none of them.
    """
    current = server.ssh.private_key.get_secret_value()

    def look() -> str:
        for key in (current, *former):
            if _logs_in(server, key):
                return key
        raise NotYetError(
            f"{server.name} lets in neither the stack's SSH key nor one of {FORMER}: "
            "`runbook server restore` with a newer image"
        )

    found = wait_until(
        f"SSH of {server.name}", look, bound=bound, max_interval=5, progress=output.waiting
    )
    if found == current:
        return "it knows today's SSH key"
    with SshClient(with_key(server.ssh, found)) as client:
        admit(client, public_of(current))
    with SshClient(with_key(server.ssh, current)) as client:
        for key in former:
            take_out(client, public_of(key))
    return "it knew an SSH key of before alone: today's is in, those of before are out"


def _logs_in(server: ServerTarget, key: str) -> bool:
    try:
        with SshClient(with_key(server.ssh, key), connect_timeout=_SSH_SECONDS) as client:
            client.run("true", timeout=_SSH_SECONDS)
    except SshPermissionDeniedError:
        return False
    return True
