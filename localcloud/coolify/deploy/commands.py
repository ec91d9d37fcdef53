"""Scripts a deployment runs on a server: built here, run elsewhere."""

from __future__ import annotations

import base64
import re
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

APPLICATIONS = "/data/coolify/applications"


def folder(app_uuid: str) -> str:
    """Where an application's files are on its server."""
    return f"{APPLICATIONS}/{app_uuid}"


def write_file(path: str, text: str) -> str:
    """Put a file in place whole, readable by root alone; the content is in no command line."""
    encoded = base64.b64encode(text.encode()).decode()
    scratch = quote(f"{path}.new")
    return (
        f"umask 077; mkdir -p {quote(path.rpartition('/')[0])}\n"
        f"base64 -d > {scratch} <<'END_OF_FILE'\n{encoded}\nEND_OF_FILE\n"
        f"mv {scratch} {quote(path)}\n"
    )


def remove_configuration(app_uuid: str) -> str:
    """Remove an application's files."""
    return f"rm -rf {quote(folder(app_uuid))}"


def pull(image: str) -> str:
    """Fetch an image with the credentials of the server's user."""
    return f"docker pull -q {quote(image)}"


def containers_of(application_id: int) -> str:
    """Names of every container of an application, newest first."""
    label = quote(f"label=coolify.applicationId={application_id}")
    return f"docker ps -a --filter {label} --format '{{{{.Names}}}}'"


def state_of(name: str) -> str:
    """`running`, `exited`, ... of a container."""
    return f"docker inspect --format '{{{{.State.Status}}}}' {quote(name)}"


def health_of(name: str) -> str:
    """The Docker health of a container, and the last probe's answer, as JSON."""
    return f"docker inspect --format '{{{{json .State.Health}}}}' {quote(name)}"


def image_of(name: str) -> str:
    """The image reference a container was made from."""
    return f"docker inspect --format '{{{{.Config.Image}}}}' {quote(name)}"


def local_images() -> str:
    """`repository#tag#created` of every image on the server."""
    return "docker images --format '{{.Repository}}#{{.Tag}}#{{.CreatedAt}}'"


def logs_of(name: str, lines: int, *, timestamps: bool = False) -> str:
    """The last lines a container wrote, both streams in one."""
    flag = "--timestamps " if timestamps else ""
    return f"docker logs {flag}-n {lines} {quote(name)} 2>&1"


def execute(name: str, command: str) -> str:
    """Run a shell command inside a container."""
    return f"docker exec {quote(name)} sh -c {quote(command)}"


def stop(name: str, grace_seconds: int) -> str:
    """Ask a container to end, and end it after its grace."""
    return f"docker stop --time={grace_seconds} {quote(name)}"


def remove(name: str) -> str:
    """Remove a container, running or not."""
    return f"docker rm -f {quote(name)}"


def clean_up(kept: Mapping[str, int]) -> str:
    """Remove images no container uses; of each repository of an application the newest stay.

    Docker refuses what a container uses. The tag that runs is none too many: it counts among the
    newest.
    """
    of_applications = [_older_than_newest(name, count) for name, count in kept.items()]
    spared = "|".join(re.escape(name) for name in kept)
    others = "docker images --format '{{.Repository}}:{{.Tag}}' | grep -v '<none>'"
    if spared:
        others += f" | grep -v -E {quote(f'^({spared})[_:].+')}"
    return "\n".join(
        [
            *of_applications,
            "docker image prune -f",
            f"{others} | xargs -r -n 1 docker rmi >/dev/null 2>&1",
            "docker builder prune -af >/dev/null 2>&1",
            "true",
        ]
    )


def _older_than_newest(repository: str, count: int) -> str:
    wanted = quote(f"reference={repository}*")
    return (
        "docker images --format '{{.Repository}}:{{.Tag}}#{{.CreatedAt}}' "
        f"--filter {wanted} | sort -s -r -t '#' -k 2 | tail -n +{count + 1} | cut -d '#' -f 1 "
        "| xargs -r -n 1 docker rmi >/dev/null 2>&1"
    )


def disk_used() -> str:
    """How full the disk is, in percent."""
    return "df --output=pcent / | tail -n 1 | tr -dc 0-9"


def remove_volume(name: str) -> str:
    """Remove a volume with all that is on it."""
    return f"docker volume rm {quote(name)}"


def statuses() -> str:
    """`application id`, state and health of every application container, one a line."""
    return (
        "docker ps -a --filter label=coolify.type=application "
        "--format '{{.Label \"coolify.applicationId\"}}\t{{.State}}\t{{.Status}}'"
    )
