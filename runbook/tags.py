"""E2: an image's tags: where each is, whether it runs, and whether it was verified good."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from checks.containers import LIST_CONTAINERS, parse_containers
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clients.registry import Registry
    from clients.ssh import SshClient
    from common.target import ServiceTarget
    from common.verified import VerifiedTag

DATED = 50
"""So many of a registry's tags are asked for their date; some registries have thousands."""
_NONE = "<none>"


class _Image(BaseModel):
    model_config = ConfigDict(frozen=True)

    tag: str = Field(alias="Tag")
    created: str = Field(alias="CreatedAt")


@dataclass(frozen=True)
class Tag:
    """One tag of a service's image."""

    name: str
    built: datetime | None = None
    in_registry: bool = False
    servers: tuple[str, ...] = ()
    """Those whose Docker has it: a rollback to it needs no registry."""
    running: int = 0
    """So many containers run it."""
    is_current: bool = False
    """It is the one the stack was last brought to."""
    verified: datetime | None = None
    """When all checks were green with it last."""


@dataclass(frozen=True)
class Found:
    """What is known of tags, by place; dates where they are known."""

    registry: Mapping[str, datetime | None]
    servers: Mapping[str, Mapping[str, datetime]]
    running: Mapping[str, int]


def merged(
    service: ServiceTarget, found: Found, verified: Sequence[VerifiedTag]
) -> tuple[Tag, ...]:
    """All tags of a service, those built last first; those of unknown age at the end."""
    good = {one.tag: one.at for one in verified if one.image == service.image}
    names = {*found.registry, *found.running, *good, service.tag}
    names |= {tag for tags in found.servers.values() for tag in tags}
    tags = [
        Tag(
            name,
            _built(name, found),
            name in found.registry,
            tuple(server for server, tags in found.servers.items() if name in tags),
            found.running.get(name, 0),
            name == service.tag,
            good.get(name),
        )
        for name in sorted(names)
    ]
    oldest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(tags, key=lambda tag: tag.built or oldest, reverse=True))


def in_registry(registry: Registry, wanted: Iterable[str]) -> dict[str, datetime | None]:
    """The registry's tags; dated are `wanted` ones and the last of its list.

    Raises:
        RegistryError: it does not tell.
    """
    names = registry.tags()
    dated = {*names[-DATED:], *wanted}
    return {name: registry.built(name) if name in dated else None for name in names}


def on_server(client: SshClient, image: str) -> dict[str, datetime]:
    """The tags of an image that a server's Docker has."""
    command = ["docker", "images", "--format", "{{json .}}", image]
    return parse_images(client.run(command).stdout)


def parse_images(output: str) -> dict[str, datetime]:
    """The rows of `docker images --format '{{json .}}'`, by tag.

    Raises:
        OperatorError: when they are of another form.
    """
    try:
        rows = [_Image.model_validate_json(line) for line in output.splitlines() if line.strip()]
        return {row.tag: _moment(row.created) for row in rows if row.tag != _NONE}
    except (ValidationError, ValueError) as error:
        raise OperatorError(f"`docker images` answers in another form: {error}") from error


def running(clients: Sequence[SshClient], service: ServiceTarget) -> dict[str, int]:
    """How many containers of a service run each tag of its image."""
    return dict(
        Counter(
            container.image.removeprefix(f"{service.image}:")
            for client in clients
            for container in parse_containers(client.run(LIST_CONTAINERS).stdout)
            if container.application in service.applications and container.runs
        )
    )


def lines(service: ServiceTarget, tags: Sequence[Tag]) -> Iterator[str]:
    """Yield a line a tag, for people."""
    yield f"{service.name}  {service.image}"
    width = max((len(tag.name) for tag in tags), default=0)
    for tag in tags:
        built = f"{tag.built:%Y-%m-%d %H:%M} UTC" if tag.built else "built: unknown"
        where = ", ".join([*(["registry"] if tag.in_registry else []), *tag.servers]) or "nowhere"
        yield f"  {tag.name:{width}}  {built:20}  {where:24}  {', '.join(_marks(tag))}".rstrip()


def as_json(tag: Tag) -> dict[str, Any]:
    """A tag in JSON's types."""
    return {
        "tag": tag.name,
        "built": tag.built.isoformat() if tag.built else None,
        "registry": tag.in_registry,
        "servers": list(tag.servers),
        "running": tag.running,
        "current": tag.is_current,
        "verified": tag.verified.isoformat() if tag.verified else None,
    }


def _marks(tag: Tag) -> Iterator[str]:
    if tag.is_current:
        yield "current"
    if tag.running:
        yield f"running {tag.running}x"
    if tag.verified:
        yield f"verified {tag.verified:%Y-%m-%d %H:%M}"


def _built(name: str, found: Found) -> datetime | None:
    dates = (tags.get(name) for tags in found.servers.values())
    return found.registry.get(name) or next((date for date in dates if date), None)


def _moment(text: str) -> datetime:
    """Docker's text: '2026-01-31 12:00:00 +0000 UTC'."""
    return datetime.strptime(text.rsplit(" ", 1)[0], "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
