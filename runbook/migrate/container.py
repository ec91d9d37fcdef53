"""A command in a container of its own on a server; cut off, it is found again."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError
from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clients.ssh import SshClient
    from common.waiting import Attempt

_PULL_SECONDS = 600.0
_LABEL = "nutri.one-off"
_NETWORK = "coolify"

# The environment is in a file for root alone, and gone before the command has ended: on a command
# line, or in this script's own, everybody on the server could read it. Without `--rm`, since a
# connection that is lost must not take the result along; with a name, so that it is found again.
_SCRIPT = r"""set -euo pipefail
if docker container inspect "$NAME" >/dev/null 2>&1; then exit 0; fi
others=$(docker ps --filter "label=$LABEL=writes" --format '{{.Names}}')
if [ "$KIND" = writes ] && [ -n "$others" ]; then
  echo "another one is under way: $others; wait for it, see: docker logs $others" >&2
  exit 1
fi
docker pull --quiet "$IMAGE" >/dev/null || docker image inspect "$IMAGE" >/dev/null
file=$(mktemp)
trap 'rm -f "$file"' EXIT
printf '%s\n' "$ENVIRONMENT" >"$file"
docker run --detach --name "$NAME" --label "$LABEL=$KIND" --network "$NETWORK" \
  --env-file "$file" --entrypoint sh "$IMAGE" -c "$COMMAND" >/dev/null
"""


@dataclass(frozen=True)
class Ended:
    """How the command ended, and what it said on both its outputs."""

    code: int
    output: str


def one_off(  # noqa: PLR0913 - a container has this many sides
    client: SshClient,
    image: str,
    command: str,
    environment: Mapping[str, str],
    *,
    writes: bool,
    bound: float,
    progress: Callable[[Attempt], None] | None = None,
) -> Ended:
    """Run a shell command in a new container of an image, and take the container away.

    One that is under way, or ended unseen, is taken for this one when image and command are the
    same and it writes.

    Args:
        client: the server.
        image: with its tag.
        command: carries no secret.
        environment: what else the container gets; a value is one line.
        writes: it changes something, so that it must neither run twice nor beside another.
        bound: seconds.
        progress: as in `wait_until`.

    Raises:
        OperatorError: it cannot be started, or does not end in time.
    """
    digest = hashlib.sha256(f"{image} {command}".encode()).hexdigest()[:12]
    name = f"nutri-one-off-{digest}"
    if not writes:
        _remove(client, name)
    values = {
        "NAME": name,
        "LABEL": _LABEL,
        "KIND": "writes" if writes else "reads",
        "NETWORK": _NETWORK,
        "IMAGE": image,
        "COMMAND": command,
        "ENVIRONMENT": "\n".join(f"{key}={value}" for key, value in environment.items()),
    }
    script = "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items()) + _SCRIPT
    secrets = tuple(environment.values())
    client.run(["bash", "-s"], stdin=script, timeout=_PULL_SECONDS, secrets=secrets)
    code = wait_until(
        f"{command} to end",
        lambda: _ended(client, name),
        bound=bound,
        interval=0.3,
        max_interval=3.0,
        progress=progress,
    )
    said = client.run(["docker", "logs", name])
    _remove(client, name)
    return Ended(code[0], _blotted(said.stdout + said.stderr, secrets))


def _ended(client: SshClient, name: str) -> tuple[int]:
    """Its exit code, in a tuple: 0 is false."""
    done = client.run(["docker", "inspect", "--format", "{{json .State}}", name])
    state = json.loads(done.stdout)
    if state["Status"] not in {"exited", "dead"}:
        raise NotYetError(f"its container is {state['Status']}")
    return (int(state["ExitCode"]),)


def _remove(client: SshClient, name: str) -> None:
    client.run(["docker", "rm", "--force", "--volumes", name], check=False)


def _blotted(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def require_urls(environment: Mapping[str, str]) -> None:
    """Refuse values that a file of the environment cannot hold.

    Raises:
        OperatorError: one has several lines.
    """
    broken = [key for key, value in environment.items() if "\n" in value]
    if broken:
        raise OperatorError(f"{', '.join(broken)}: several lines; an environment's value is one")
