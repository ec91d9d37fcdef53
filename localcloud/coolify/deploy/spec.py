"""The container a deployment wants, and the commands and files that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENV_FILE_FD = 3


@dataclass(frozen=True)
class HealthCheck:
    """A probe Docker runs inside the container; times in seconds."""

    command: str
    interval: int
    timeout: int
    retries: int
    start_period: int


@dataclass(frozen=True)
class ContainerSpec:
    """One container."""

    name: str
    image: str
    network: str
    aliases: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ports: tuple[str, ...] = ()
    """`host:container` pairs."""
    mounts: tuple[str, ...] = ()
    """`volume:folder` pairs."""
    health: HealthCheck | None = None
    options: tuple[str, ...] = ()
    """Further options of `docker run`."""


def run_script(spec: ContainerSpec) -> str:
    """The script that starts a container.

    Its environment travels inside the script, which travels over standard input: no value is
    ever in a command line. Only values of several lines cannot go into an env file.
    """
    single = {k: v for k, v in spec.environment.items() if "\n" not in v}
    several = {k: v for k, v in spec.environment.items() if "\n" in v}
    exports = [f"export {key}={quote(value)}\n" for key, value in several.items()]
    lines = "".join(f"{key}={value}\n" for key, value in single.items())
    command = " ".join(quote(part) for part in _command(spec, several))
    return (
        f"{''.join(exports)}{command} {_ENV_FILE_FD}<<'END_OF_ENVIRONMENT'\n"
        f"{lines}END_OF_ENVIRONMENT\n"
    )


def _command(spec: ContainerSpec, exported: Iterable[str]) -> list[str]:
    options = ["--name", spec.name, "--restart", "unless-stopped", "--network", spec.network]
    options += _repeated("--network-alias", spec.aliases)
    options += _repeated("--label", (f"{key}={value}" for key, value in spec.labels.items()))
    options += ["--env-file", f"/dev/fd/{_ENV_FILE_FD}", *_repeated("--env", exported)]
    options += _repeated("--publish", spec.ports)
    options += _repeated("--volume", spec.mounts)
    options += _health(spec.health)
    return ["docker", "run", "--detach", *options, *spec.options, spec.image]


def _health(health: HealthCheck | None) -> list[str]:
    if health is None:
        return []
    return [
        f"--health-cmd={health.command}",
        f"--health-interval={health.interval}s",
        f"--health-timeout={health.timeout}s",
        f"--health-retries={health.retries}",
        f"--health-start-period={health.start_period}s",
    ]


def _repeated(flag: str, values: Iterable[str]) -> list[str]:
    return [part for value in values for part in (flag, value)]
