"""What runs of an application, whatever Coolify has stored of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clients.ssh import SshClient, SshError
from common.errors import OperatorError
from common.target import SshTarget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SECONDS = 30.0
_FORMAT = (
    '{"image":{{json .Config.Image}},"state":{{json .State.Status}},"code":{{.State.ExitCode}},'
    '"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}""{{end}},'
    '"env":{{json .Config.Env}}}'
)
# Quotes and the like may be spelt otherwise in a container, though they mean the same.
_PLAIN = frozenset("\"'`$\\\n\r")


@dataclass(frozen=True)
class Container:
    """One container of an application, running or not."""

    image: str
    state: str
    code: int
    health: str
    env: Mapping[str, str]


def look(way: Mapping[str, Any], uuid: str) -> tuple[Container, ...] | None:
    """Return the containers of an application; None where its server cannot be asked.

    Args:
        way: to the server, over SSH.
        uuid: of the application.
    """
    command = (
        f"docker ps --all --no-trunc --quiet --filter label=coolify.name={uuid}"
        f" | xargs --no-run-if-empty docker inspect --format '{_FORMAT}'"
    )
    try:
        with SshClient(SshTarget.of(way)) as ssh:
            return parse(ssh.run(command, timeout=_SECONDS).stdout)
    except (SshError, OperatorError):
        return None


def parse(output: str) -> tuple[Container, ...]:
    """The lines of `docker inspect`. Values of variables stay within; none is ever told."""
    found = []
    for line in filter(None, output.splitlines()):
        one = json.loads(line)
        env = dict(entry.partition("=")[::2] for entry in one.pop("env") or ())
        found.append(Container(**one, env=env))
    return tuple(found)


def differences(
    found: Sequence[Container], image: str, stored: Mapping[str, str], unfinished: Sequence[str]
) -> str:
    """What of the containers is not as Coolify has it stored; empty where all is.

    Args:
        found: the containers.
        image: that is stored, with its tag; empty where it cannot be told from a container.
        stored: variables that are ours.
        unfinished: deployments that have not ended.
    """
    return "; ".join(_differences(found, image, stored, unfinished))


def _differences(
    found: Sequence[Container], image: str, stored: Mapping[str, str], unfinished: Sequence[str]
) -> Iterator[str]:
    running = [one for one in found if one.state == "running"]
    if unfinished:
        yield f"a deployment was left unfinished ({unfinished[0]})"
    if not running:
        ended = [f"{one.state} ({one.code})" for one in found]
        yield f"nothing runs: {', '.join(ended) or 'there is no container'}"
    if len(running) > 1:
        yield f"{len(running)} containers run: {', '.join(sorted(one.image for one in running))}"
    wrong = sorted({one.image for one in running if image and one.image != image})
    if wrong:
        yield f"{', '.join(wrong)} runs instead of {image}"
    if any(one.health == "unhealthy" for one in running):
        yield "its container is unhealthy"
    others = sorted({key for one in running for key in _otherwise(one, stored)})
    if others:
        yield f"it was started with other values of {', '.join(others)}"


def _otherwise(one: Container, stored: Mapping[str, str]) -> Iterator[str]:
    for key, value in stored.items():
        if not _PLAIN & set(value) and value == value.strip() and one.env.get(key, "") != value:
            yield key
