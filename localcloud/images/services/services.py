"""Runs the services as one container: when one of them ends, all end, with its code."""

import os
import pathlib
import signal
import subprocess
import sys
import threading

import signer

RUN = pathlib.Path("/run/services")
USER = "nutri"
COMMANDS = (
    ("docker-registry", "serve", "/etc/services/registry-docker.yml"),
    ("docker-registry", "serve", "/etc/services/registry-ghcr.yml"),
    ("nginx", "-g", "daemon off;"),
)


def write_htpasswd() -> None:
    """Turn the registry's password into the bcrypt line the registry wants."""
    password = (RUN / "ghcr-password").read_bytes()
    command = ["htpasswd", "-n", "-i", "-B", "-C", "4", USER]
    line = subprocess.run(command, input=password, capture_output=True, check=True).stdout
    file = RUN / "htpasswd"
    file.touch(mode=0o600)
    file.write_bytes(line)


def stop_all(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask every child to end."""
    for process in processes:
        if process.poll() is None:
            process.terminate()


def main() -> int:
    """Start everything and wait for the first that ends."""
    write_htpasswd()
    threading.Thread(target=signer.serve, daemon=True).start()
    processes = [subprocess.Popen(command) for command in COMMANDS]
    signal.signal(signal.SIGTERM, lambda *_: stop_all(processes))
    _, status = os.wait()
    stop_all(processes)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
