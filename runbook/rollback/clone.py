"""A container's like with another image: the same settings, as the Docker Engine's API takes them.

What `docker inspect` tells of a container is its own settings laid over its image's defaults. The
new image has defaults of its own (its version, say), so the old image's are taken out first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

MARK = "nutri.rollback"
"""Label of a container that was started past Coolify; its value is the tag."""

_ID_LENGTH = 12
_PLATFORM_SETS = frozenset({"PORT", "HOST"})  # Coolify sets these, even to an image's own value
_NAME_VARIABLE = "COOLIFY_CONTAINER_NAME"
_NEVER = frozenset({"Image", "Hostname", "Env", "Labels", "Cmd", "Entrypoint"})
_NO_HOST_SETTINGS = frozenset({"ContainerIDFile"})
_IMAGE_LABELS = frozenset({"com.docker.compose.image"})


class _Network(BaseModel):
    aliases: list[str] | None = Field(default=None, alias="Aliases")


class _Networks(BaseModel):
    networks: dict[str, _Network] = Field(default_factory=dict, alias="Networks")


class Inspected(BaseModel):
    """What `docker inspect` tells of a container, in the parts that make it what it is."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(alias="Id")
    name: str = Field(alias="Name")
    image_id: str = Field(alias="Image")
    config: dict[str, Any] = Field(alias="Config")
    host_config: dict[str, Any] = Field(alias="HostConfig")
    network_settings: _Networks = Field(alias="NetworkSettings")

    @property
    def stop_seconds(self) -> int:
        """How long it may take to stop."""
        return int(self.config.get("StopTimeout") or 30)


@dataclass(frozen=True)
class Clone:
    """What to create: the request's body, and the networks it joins before it starts."""

    name: str
    body: Mapping[str, Any]
    further: Mapping[str, tuple[str, ...]]
    """Aliases by network: at creation the API takes one network alone."""

    def as_json(self) -> str:
        """The body as text; it holds the app's secrets."""
        return json.dumps(self.body)


def parse_container(output: str) -> Inspected:
    """The output of `docker inspect` for one container.

    Raises:
        OperatorError: it is something else. The text is not repeated: it holds secrets.
    """
    try:
        (found,) = json.loads(output)
        return Inspected.model_validate(found)
    except (ValueError, ValidationError):
        raise OperatorError("`docker inspect` of a container answers in another form") from None


def parse_image(output: str) -> dict[str, Any]:
    """The defaults that an image gives its containers, from `docker image inspect`.

    Raises:
        OperatorError: it is something else.
    """
    try:
        (found,) = json.loads(output)
        return dict(found["Config"] or {})
    except (ValueError, KeyError, TypeError):
        raise OperatorError("`docker image inspect` answers in another form") from None


def new_name(application: str, now: datetime) -> str:
    """A name as Coolify gives them: the application, and the time of day in microseconds."""
    return f"{application}-{now:%H%M%S%f}"


def clone(old: Inspected, defaults: Mapping[str, Any], image: str, name: str) -> Clone:
    """Return the like of a container with another image.

    Args:
        old: the container to follow.
        defaults: of the old container's image.
        image: with tag.
        name: of the new container.
    """
    networks = {
        network: _aliases(old, one.aliases or ())
        for network, one in old.network_settings.networks.items()
    }
    first = _first_network(old, networks)
    body = {
        **_own(old.config, defaults),
        **_command(old.config, defaults),
        "Image": image,
        "Env": _environment(old.config, defaults, name),
        "Labels": _labels(old.config, defaults) | {MARK: image.rpartition(":")[2]},
        "HostConfig": {
            key: value for key, value in old.host_config.items() if key not in _NO_HOST_SETTINGS
        },
        "NetworkingConfig": {
            "EndpointsConfig": {first: {"Aliases": list(networks[first])}} if first else {}
        },
        **_host_name(old),
    }
    further = {network: names for network, names in networks.items() if network != first}
    return Clone(name, body, further)


def _own(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are the container's own: not empty, and not its image's."""
    return {
        key: value
        for key, value in config.items()
        if key not in _NEVER and value and value != defaults.get(key)
    }


def _command(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Entrypoint and command, where set: an entrypoint of its own makes Docker drop the command."""
    entrypoint, command = config.get("Entrypoint"), config.get("Cmd")
    if entrypoint and entrypoint != defaults.get("Entrypoint"):
        return {"Entrypoint": entrypoint, "Cmd": command}
    return {"Cmd": command} if command and command != defaults.get("Cmd") else {}


def _environment(config: Mapping[str, Any], defaults: Mapping[str, Any], name: str) -> list[str]:
    inherited = set(defaults.get("Env") or ())
    entries = [
        entry
        for entry in config.get("Env") or ()
        if entry not in inherited or _key(entry) in _PLATFORM_SETS
    ]
    return [
        f"{_NAME_VARIABLE}={name}" if _key(entry) == _NAME_VARIABLE else entry for entry in entries
    ]


def _key(entry: str) -> str:
    return entry.partition("=")[0]


def _labels(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, str]:
    inherited = (defaults.get("Labels") or {}).items()
    return {
        key: value
        for key, value in (config.get("Labels") or {}).items()
        if (key, value) not in inherited and key not in _IMAGE_LABELS
    }


def _aliases(old: Inspected, aliases: Sequence[str]) -> tuple[str, ...]:
    """The names that are of the role, not of the old container."""
    own = {old.id[:_ID_LENGTH], old.name.removeprefix("/")}
    return tuple(dict.fromkeys(alias for alias in aliases if alias not in own))


def _first_network(old: Inspected, networks: Mapping[str, object]) -> str | None:
    mode = str(old.host_config.get("NetworkMode", ""))
    return mode if mode in networks else next(iter(networks), None)


def _host_name(old: Inspected) -> dict[str, str]:
    """The host name where one was set; otherwise Docker's, which is the container's id."""
    name = str(old.config.get("Hostname") or "")
    return {"Hostname": name} if name and name != old.id[:_ID_LENGTH] else {}
