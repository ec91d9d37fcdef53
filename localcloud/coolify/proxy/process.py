"""Runs HAProxy and gives it new configurations without dropping a connection."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.coolify.proxy.haproxy import ADMIN_SOCKET, RUN, STATE_FILE

_log = logging.getLogger(__name__)
_SECONDS = 10.0
_POLL_SECONDS = 0.05
_CHANGE_SECONDS = 0.3


class ConfigurationError(Exception):
    """HAProxy does not take the configuration; the text is what it says."""


@dataclass
class HaProxy:
    """HAProxy's master process."""

    file: Path = Path(RUN, "haproxy.cfg")
    _master: subprocess.Popen[bytes] | None = None
    _text: str = field(default="", repr=False)

    def apply(self, text: str, *, force: bool = False) -> bool:
        """Make this the running configuration; whether anything changed.

        Raises:
            ConfigurationError: it is refused, and what ran before runs on.
        """
        if text == self._text and not force:
            return False
        _check(text, self.file)
        self.file.write_text(text, encoding="utf-8")
        if self._master is None:
            # What an earlier run knew of servers is out of date; the 1 is the format's version.
            Path(STATE_FILE).write_text("1\n", encoding="utf-8")
            self._master = subprocess.Popen(["haproxy", "-W", "-q", "-f", str(self.file)])
        else:
            self._reload()
        self._text = text
        return True

    def alive(self) -> bool:
        """Whether the master still runs."""
        return self._master is not None and self._master.poll() is None

    def stop(self) -> None:
        """Let it finish what it has begun."""
        if self._master is not None:
            self._master.send_signal(signal.SIGUSR1)
            self._master.wait()

    def _reload(self) -> None:
        """Start a new worker, which takes over the listeners and what was known of servers."""
        state = ask("show servers state")
        Path(STATE_FILE).write_text(state, encoding="utf-8")
        before = _worker()
        if self._master is not None:
            self._master.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + _SECONDS
        while _worker() in {before, ""}:
            if time.monotonic() > deadline:
                _log.error("HAProxy's new worker did not start within %.0f s", _SECONDS)
                return
            time.sleep(_POLL_SECONDS)


def ask(command: str, timeout: float = _SECONDS) -> str:
    """One command on the worker's socket; empty when it does not answer in time."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(ADMIN_SOCKET)
            connection.sendall(f"{command}\n".encode())
            answer = b""
            while not answer.endswith(b"\n\n") and (part := connection.recv(65536)):
                answer += part
            return answer.decode()
    except OSError:
        return ""


def _worker() -> str:
    """Process id of the worker that has the socket now; empty while it changes hands."""
    lines = ask("show info", _CHANGE_SECONDS).splitlines()
    return next((line.split()[1] for line in lines if line.startswith("Pid:")), "")


def _check(text: str, file: Path) -> None:
    scratch = file.with_name("haproxy.new.cfg")
    scratch.write_text(text, encoding="utf-8")
    result = subprocess.run(
        ["haproxy", "-c", "-q", "-f", str(scratch)],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if result.returncode != 0:
        raise ConfigurationError((result.stderr or result.stdout).strip())
