"""`runbook watch` as a systemd service of a machine that is not one of the watched servers."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.target import Target

_LATE = 3
_SLACK_SECONDS = 600
_SECONDS = 60.0
_TEXT = """\
# Written by `runbook watch --install`; `runbook watch --uninstall` removes it.
[Unit]
Description=nutri: runbook watch of stack {stack}
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
WorkingDirectory={project}
ExecStart={command}
Restart=always
RestartSec=30
WatchdogSec={watchdog}
TimeoutStartSec={watchdog}
NoNewPrivileges=yes
PrivateTmp=yes

[Install]
WantedBy={target}
"""


@dataclass(frozen=True)
class Unit:
    """The service: of the whole machine for root, else of the user."""

    stack: str
    project: Path
    words: tuple[str, ...]
    """What is typed after `runbook`."""
    interval: int

    @property
    def name(self) -> str:
        """As `systemctl` knows it."""
        return f"nutri-watch-{self.stack}.service"

    @property
    def mode(self) -> str:
        """What `journalctl` wants besides, to show it."""
        return "" if _is_root() else "--user "

    @property
    def file(self) -> Path:
        """Where it is kept."""
        own = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        folder = Path("/etc/systemd/system") if _is_root() else Path(own) / "systemd" / "user"
        return folder / self.name

    def text(self) -> str:
        """The unit's text: the stack's surroundings come from bin/env, as for a person."""
        typed = shlex.join(["exec", "runbook", *self.words, "--stack", self.stack])
        env = shlex.quote(str(self.project / "bin" / "env"))
        script = f". {env} {shlex.quote(self.stack)} && {typed}"
        return _TEXT.format(
            stack=self.stack,
            project=self.project,
            command=f'/usr/bin/env bash -c "{_escaped(script)}"',
            watchdog=self.interval * _LATE + _SLACK_SECONDS,
            target="multi-user.target" if _is_root() else "default.target",
        )

    def install(self) -> None:
        """Write it, and have it run now and after each start of this machine.

        Raises:
            OperatorError: there is no systemd, or it refuses; its words are in the error.
        """
        _systemctl("--version")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(self.text())
        except OSError as error:
            raise OperatorError(f"{self.file} cannot be written: {error.strerror}") from error
        _systemctl("daemon-reload")
        _systemctl("enable", "--now", self.name)

    def uninstall(self) -> None:
        """End it, and forget it.

        Raises:
            OperatorError: there is none, or systemd refuses.
        """
        if not self.file.exists():
            raise OperatorError(f"nothing watches stack {self.stack} from here: no {self.file}")
        _systemctl("disable", "--now", self.name)
        self.file.unlink()
        _systemctl("daemon-reload")


def require_elsewhere(target: Target) -> None:
    """Refuse to watch a server from itself: who is dead tells nobody.

    Raises:
        OperatorError: this machine is one of the stack's servers.
    """
    own = {platform.node(), *_addresses()}
    for server in target.servers:
        if own & {server.name, server.ipv4}:
            raise OperatorError(
                f"this machine is {server.name}, which is to be watched: a server that is down "
                "tells nobody. Run this on another machine"
            )


def _addresses() -> set[str]:
    """This machine's addresses by which others may know it."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return set()
    return {str(one[4][0]) for one in found if not str(one[4][0]).startswith("127.")}


def _is_root() -> bool:
    return os.geteuid() == 0


def _escaped(text: str) -> str:
    """As systemd reads a word within double quotes."""
    for mark, meant in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        text = text.replace(mark, meant)
    return text


def _systemctl(*words: str) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise OperatorError(
            "this machine has no systemd: run `runbook watch` by whatever keeps services alive here"
        )
    mode: Sequence[str] = () if _is_root() else ("--user",)
    try:
        done = subprocess.run(
            [program, *mode, *words], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise OperatorError(f"`systemctl {words[0]}` did not end within {_SECONDS:g} s") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise OperatorError(f"`systemctl {' '.join(words)}` failed: {said}")
