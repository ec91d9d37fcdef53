"""A way round a program that holds a port on all addresses of this machine (its own sshd, say).

The kernel lets nobody else listen on that port then, not even on another address. So the edge
listens on a free port of the same address, and the packet filter leads connections there.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from localcloud.node.errors import NodeError

_SECONDS = 10
_IPTABLES = ("iptables", "--wait", "--table", "nat")


class Redirects:
    """The redirections of one instance; its rules carry its name as their comment."""

    def __init__(self, name: str) -> None:
        """`name` marks the rules, so that those of a killed process are found again."""
        self._name = name

    @staticmethod
    def available() -> bool:
        """Whether this process may change the packet filter."""
        return os.geteuid() == 0 and shutil.which("iptables") is not None

    def add(self, address: str, port: int, to_port: int) -> None:
        """Lead connections to `address:port` to `address:to_port`; raises NodeError."""
        _run("--insert", *self._rule(address, port, to_port))

    def remove(self, address: str, port: int, to_port: int) -> None:
        """Take a redirection away; raises NodeError."""
        _run("--delete", *self._rule(address, port, to_port))

    def clear(self) -> None:
        """Take away what an earlier process of this instance left behind; raises NodeError."""
        for rule in _run("--list-rules", "OUTPUT").splitlines():
            words = rule.replace('"', "").split()
            if self._name in words:
                _run("--delete", *words[1:])

    def _rule(self, address: str, port: int, to_port: int) -> tuple[str, ...]:
        return (
            *("OUTPUT", "--destination", f"{address}/32", "--protocol", "tcp"),
            *("--dport", str(port), "--match", "comment", "--comment", self._name),
            *("--jump", "DNAT", "--to-destination", f"{address}:{to_port}"),
        )


def _run(*arguments: str) -> str:
    command = [*_IPTABLES, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NodeError(f"the packet filter could not be changed: {error}") from error
    if done.returncode:
        raise NodeError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout
