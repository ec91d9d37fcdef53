"""The server process of a local cloud: start it in the background, find it, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.errors import LocalCloudError
from localcloud.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.settings import Instance

START_SECONDS = 30.0
STOP_SECONDS = 15.0
_POLL_SECONDS = 0.05
_REQUEST_SECONDS = 120.0
_PROBE_SECONDS = 2.0
_TAIL_LINES = 15
_LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class PortTakenError(LocalCloudError):
    """Somebody else has the port."""


class ProcessError(LocalCloudError):
    """The process did not start or stop."""


def log_file(instance: Instance) -> Path:
    """Where the process writes its log."""
    return instance.home / "localcloud.log"


def call(instance: Instance, method: str, path: str, *, timeout: float = _REQUEST_SECONDS) -> Any:  # noqa: ANN401 whatever JSON the path answers
    """Call the knobs of the running process; raises OSError where nobody answers."""
    url = f"http://127.0.0.1:{instance.api_port}/_localcloud{path}"
    request = urllib.request.Request(url, method=method)
    with _LOOPBACK.open(request, timeout=timeout) as answer:
        body = answer.read()
    return json.loads(body) if body else None


def status(instance: Instance) -> dict[str, Any] | None:
    """What the running process tells about itself; None: it does not run.

    Raises PortTakenError where something else answers on the port.
    """
    try:
        found = call(instance, "GET", "/status", timeout=_PROBE_SECONDS)
    except (urllib.error.HTTPError, ValueError):
        raise _taken(instance, "another program answers there") from None
    except OSError:
        return None
    if not isinstance(found, dict) or found.get("name") != instance.name:
        other = found.get("name") if isinstance(found, dict) else "?"
        raise _taken(instance, f"the local cloud {other!r} answers there")
    if found.get("home") != str(instance.home):
        raise _taken(instance, f"the local cloud of {found.get('home')} answers there")
    return found


def start(instance: Instance) -> None:
    """Start the process in a session of its own and wait until it answers."""
    check_free(instance)
    with log_file(instance).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "localcloud", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=PROJECT_ROOT,
            env=os.environ | environment(instance),
        )
    _pid_file(instance).write_text(f"{child.pid}\n")
    _await_answer(instance, child)


def check_free(instance: Instance) -> None:
    """Raise PortTakenError where somebody listens on the API's port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", instance.api_port))
        except OSError as error:
            raise _taken(instance, error.strerror or str(error)) from None


def environment(instance: Instance) -> dict[str, str]:
    """The variables that name this instance to another process."""
    return {
        "LOCALCLOUD_NAME": instance.name,
        "LOCALCLOUD_HOME": str(instance.home),
        "LOCALCLOUD_PORT": str(instance.api_port),
        "LOCALCLOUD_DNS_PORT": str(instance.dns_port),
        "LOCALCLOUD_BLOCK": str(instance.block),
        "NUTRI_CACHE": str(instance.cache),
    }


def stop(instance: Instance) -> bool:
    """Stop the process; returns whether one ran. Raises ProcessError where it does not end."""
    pid = running_pid(instance)
    if pid is None:
        _pid_file(instance).unlink(missing_ok=True)
        return False
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        if _poll(lambda: running_pid(instance) is None, STOP_SECONDS):
            _pid_file(instance).unlink(missing_ok=True)
            return True
    raise ProcessError(f"process {pid} of the local cloud {instance.name!r} does not end")


def running_pid(instance: Instance) -> int | None:
    """The process's id, if it is alive and really ours."""
    try:
        pid = int(_pid_file(instance).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    ours = f"LOCALCLOUD_HOME={instance.home}".encode() in variables
    return pid if ours and b"localcloud" in command and b"serve" in command else None


def tail(path: Path, lines: int) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _await_answer(instance: Instance, child: subprocess.Popen[bytes]) -> None:
    def settled() -> bool:
        return child.poll() is not None or status(instance) is not None

    in_time = _poll(settled, START_SECONDS)
    if in_time and child.poll() is None:
        return
    reason = "ended at once" if in_time else f"did not answer within {START_SECONDS:.0f} s"
    if child.poll() is None:
        child.kill()
    _pid_file(instance).unlink(missing_ok=True)
    log = log_file(instance)
    end = tail(log, _TAIL_LINES)
    raise ProcessError(f"the local cloud's process {reason}; the end of {log}:\n{end}")


def _taken(instance: Instance, why: str) -> PortTakenError:
    return PortTakenError(
        f"the local cloud {instance.name!r} cannot have port {instance.api_port}: {why}. "
        "Set LOCALCLOUD_PORT to a free port, or stop what uses this one"
    )


def _poll(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _pid_file(instance: Instance) -> Path:
    return instance.home / "localcloud.pid"
