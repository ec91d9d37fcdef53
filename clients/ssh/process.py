"""How an `ssh` process is started, watched and told about."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from typing import TYPE_CHECKING, TypeVar

from clients.ssh.errors import SshClientMissingError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

P = TypeVar("P", "subprocess.Popen[str]", "subprocess.Popen[bytes]")


@contextlib.contextmanager
def killed_at_exit(process: P) -> Iterator[P]:
    """A process that does not outlive its context."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def ssh_program() -> str:
    """The path of `ssh`; raises SshClientMissingError."""
    found = shutil.which("ssh")
    if not found:
        raise SshClientMissingError(
            "there is no `ssh` on PATH; install the OpenSSH client (Debian: openssh-client)"
        )
    return found


def environment() -> dict[str, str]:
    """This process's environment, with OpenSSH's own words and without anybody's agent."""
    # Errors are told apart by OpenSSH's English messages.
    kept = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    return kept | {"LC_ALL": "C"}


def shell_text(command: str | Sequence[str]) -> str:
    """Shell text of a command; a list is quoted."""
    return command if isinstance(command, str) else shlex.join(command)


def shortened(text: str, limit: int = 100) -> str:
    """A text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def blotted(text: str, secrets: Sequence[str]) -> str:
    """A text without secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text
