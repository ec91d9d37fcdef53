"""Runs the services as one container: when one of them ends, all end, with its code."""

import os
import pathlib
import signal
import subprocess
import sys

RUN = pathlib.Path("/run/services")
USER = "nutri"
DATA = pathlib.Path("/var/lib/registry")
REGISTRIES = ("docker", "ghcr")
ROOT_VARIABLE = "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"


def write_htpasswd() -> None:
    """Turn the registry's password into the bcrypt line the registry wants."""
    password = (RUN / "ghcr-password").read_bytes()
    command = ["htpasswd", "-n", "-i", "-B", "-C", "4", USER]
    line = subprocess.run(command, input=password, capture_output=True, check=True).stdout
    file = RUN / "htpasswd"
    file.touch(mode=0o600)
    file.write_bytes(line)


def start_all() -> list[subprocess.Popen[bytes]]:
    """Start the registries, each on its own folder of the content, and what leads to them."""
    content = DATA / os.environ["REGISTRY_CONTENT"]
    registries = [
        subprocess.Popen(
            ["docker-registry", "serve", f"/etc/services/registry-{name}.yml"],
            env={**os.environ, ROOT_VARIABLE: str(content / name)},
        )
        for name in REGISTRIES
    ]
    return [*registries, subprocess.Popen(["nginx", "-g", "daemon off;"])]


def stop_all(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask every child to end."""
    for process in processes:
        if process.poll() is None:
            process.terminate()


def main() -> int:
    """Start everything and wait for the first that ends."""
    write_htpasswd()
    processes = start_all()
    signal.signal(signal.SIGTERM, lambda *_: stop_all(processes))
    _, status = os.wait()
    stop_all(processes)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
