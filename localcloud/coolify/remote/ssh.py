"""Shells over OpenSSH, one multiplexed connection a server."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.coolify.keys.material import write_private
from localcloud.coolify.remote.shell import SECONDS, Output, Shell, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.coolify.database import Database, Row

_log = logging.getLogger(__name__)
_PERSIST_SECONDS = 3600
_SSH_FAILED = 255
_SESSIONS = 8  # sshd lets ten through one connection
_CONNECT_MARGIN = 5.0


@dataclass(frozen=True)
class Gate:
    """What all shells on one server share."""

    connecting: threading.Lock = field(default_factory=threading.Lock)
    sessions: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_SESSIONS)
    )


@dataclass
class SshShells:
    """Knows the keys of the servers and where their connections are kept."""

    db: Database
    ssh_dir: Path
    _gates: defaultdict[str, Gate] = field(default_factory=lambda: defaultdict(Gate))

    def open(self, server: Row) -> Shell:
        """A shell on the server; its key file is written if it is missing."""
        key = self.db.one("SELECT * FROM private_keys WHERE id = %s", (server["private_key_id"],))
        if key is None:
            raise UnreachableError(f"server {server['name']} has no private key")
        path = self.ssh_dir / "keys" / f"ssh_key@{key['uuid']}"
        if not path.exists():
            write_private(path, key["private_key"])
        mux = self.ssh_dir / "mux" / f"mux_{server['uuid']}"
        timeout = server.get("connection_timeout") or 10
        return SshShell(server, path, mux, timeout, self._gates[server["uuid"]])


@dataclass(frozen=True)
class SshShell:
    """A shell on one server."""

    server: Row
    key: Path
    mux: Path
    connect_seconds: int
    gate: Gate

    def run(self, script: str, timeout: float = SECONDS) -> Output:
        """Feed a script to bash on the server; raises UnreachableError."""
        self._connect()
        command = ["ssh", *self._options(), "-o", "ControlMaster=no", self._target, "bash -se"]
        try:
            with self.gate.sessions:
                result = subprocess.run(
                    command,
                    input=script,
                    capture_output=True,
                    text=True,
                    timeout=timeout,
                    check=False,
                )
        except subprocess.TimeoutExpired:
            raise UnreachableError(f"no end after {timeout:.0f} s on {self._target}") from None
        if result.returncode == _SSH_FAILED:
            raise UnreachableError(f"{self._target}: {result.stderr.strip()}")
        return Output(result.returncode, result.stdout, result.stderr)

    def _connect(self) -> None:
        """Make the shared connection unless it stands.

        Apart from the commands, because a master that stays in the background would hold the
        pipes of whichever command had started it.
        """
        with self.gate.connecting:
            check = ["ssh", *self._options(), "-O", "check", self._target]
            if subprocess.run(check, capture_output=True, check=False).returncode == 0:
                return
            self.mux.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.mux.unlink(missing_ok=True)
            self._open_master()

    def _open_master(self) -> None:
        log = self.mux.with_suffix(".log")
        keep = f"ControlPersist={_PERSIST_SECONDS}"
        command = ["ssh", *self._options(), "-fNM", "-o", keep, self._target]
        with log.open("w+", encoding="utf-8") as errors:
            try:
                code = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    timeout=self.connect_seconds + _CONNECT_MARGIN,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                code = _SSH_FAILED
        if code != 0:
            said = log.read_text(encoding="utf-8").strip() or "connection timed out"
            raise UnreachableError(f"{self._target}:{self.server['port']}: {said}")

    @property
    def _target(self) -> str:
        return f"{self.server['user']}@{self.server['ip']}"

    def _options(self) -> list[str]:
        # Host keys are not checked because Coolify does not check them: a server that was
        # rebuilt under its address has to work here exactly when it works there.
        pairs = {
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "ConnectTimeout": str(self.connect_seconds),
            "ServerAliveInterval": "20",
            "ControlPath": str(self.mux),
        }
        options = [part for name, value in pairs.items() for part in ("-o", f"{name}={value}")]
        return ["-i", str(self.key), "-p", str(self.server["port"]), *options]
