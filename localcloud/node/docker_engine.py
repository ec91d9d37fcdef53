"""The Docker engine of this machine: uses the one that runs, or installs and starts Debian's."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import docker
from docker.errors import DockerException

from localcloud.node.errors import EngineMissingError, NodeError
from localcloud.node.packages import can_install, install_package
from localcloud.node.progress import Say, say

_REQUEST_SECONDS = 600
_START_SECONDS = 60.0
_SERVICE_SECONDS = 60
_POLL_SECONDS = 0.3
_PACKAGE = "docker.io"
_LOG = Path("/var/log/dockerd.log")
_HELP = (
    "Install Docker and start it (Debian or Ubuntu: `apt-get install docker.io`, then "
    "`service docker start`), or run this as root to have both done; a user needs to be in the "
    "group `docker`, and DOCKER_HOST names an engine elsewhere."
)


def connect() -> docker.DockerClient:
    """A client of the running engine; raises EngineMissingError when none answers."""
    try:
        client = docker.from_env(timeout=_REQUEST_SECONDS)
        client.ping()
    except DockerException as error:
        raise EngineMissingError(f"no Docker engine answers ({_reason(error)}). {_HELP}") from None
    return client


def ensure(tell: Say = say) -> docker.DockerClient:
    """A client of the engine, which is installed and started first where that may be done.

    Raises:
        EngineMissingError: there is no engine and this process cannot make one run.
    """
    try:
        return connect()
    except EngineMissingError:
        if os.environ.get("DOCKER_HOST") or not can_install():
            raise
    _install(tell)
    return _start(tell)


def _install(tell: Say) -> None:
    if shutil.which("dockerd"):
        return
    try:
        install_package(_PACKAGE, "as the engine behind the servers", tell)
    except NodeError as error:
        raise EngineMissingError(f"no Docker engine, and installing one failed: {error}") from error


def _start(tell: Say) -> docker.DockerClient:
    tell("starting the Docker engine ...")
    # The init script gives up where limits cannot be raised; the daemon itself does not need them.
    _service_start()
    try:
        return _wait(_START_SECONDS if _daemon_runs() else 0)
    except EngineMissingError:
        _launch()
    return _wait(_START_SECONDS)


def _service_start() -> None:
    """Ask the machine's init to start it; whether that worked is seen by who waits."""
    if shutil.which("service") is None:
        return
    try:
        subprocess.run(
            ["service", "docker", "start"],
            capture_output=True,
            check=False,
            timeout=_SERVICE_SECONDS,
        )
    except (subprocess.TimeoutExpired, OSError):
        return


def _daemon_runs() -> bool:
    names = (path.read_bytes() for path in Path("/proc").glob("[0-9]*/comm") if path.exists())
    try:
        return any(name.strip() == b"dockerd" for name in names)
    except OSError:  # a process ended between the listing and the reading
        return False


def _launch() -> None:
    """Start the daemon in a session of its own: it outlives this process, as a service would."""
    with _LOG.open("ab") as log:
        subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait(seconds: float) -> docker.DockerClient:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return connect()
        except EngineMissingError as error:
            if time.monotonic() >= deadline:
                raise EngineMissingError(
                    f"the Docker engine did not answer within {seconds:.0f} s of its start "
                    f"(its log: {_LOG}): {error}"
                ) from None
        time.sleep(_POLL_SECONDS)


def _reason(error: DockerException) -> str:
    text = str(error)
    if "Permission denied" in text:
        return "permission denied on its socket"
    if "No such file" in text or "Connection refused" in text:
        return "nothing listens on its socket"
    return text[:200]
