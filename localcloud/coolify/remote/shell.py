"""A shell on a managed server, whatever carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from localcloud.coolify.database import Row

SECONDS = 60.0


@dataclass(frozen=True)
class Output:
    """What a script left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Standard output without outer whitespace."""
        return self.stdout.strip()


class RemoteError(Exception):
    """A script failed, or the server was not reached; the text is its last words."""


class UnreachableError(RemoteError):
    """No connection to the server."""


class Shell(Protocol):
    """Runs bash scripts as the server's user."""

    def run(self, script: str, timeout: float = SECONDS) -> Output:
        """Run a script and return what came of it; raises UnreachableError."""


class Shells(Protocol):
    """Opens shells by server."""

    def open(self, server: Row) -> Shell:
        """The shell of a server's row."""


def checked(shell: Shell, script: str, timeout: float = SECONDS) -> str:
    """Run a script that has to succeed; returns its output, raises RemoteError."""
    output = shell.run(script, timeout)
    if output.code != 0:
        raise RemoteError((output.stderr or output.stdout).strip() or f"exit code {output.code}")
    return output.text
