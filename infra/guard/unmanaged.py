"""What the stack would make, and is in Hetzner's project already: its state was lost.

Without a look at it a preview would promise a whole new platform, and the update would end in the
middle, at the first name that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from clients.hetzner import HetznerError
from infra import state
from infra.servers import hetzner_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import Settings

_STATE = "bring the state back (docs/state.md, A state that is lost)"


@dataclass(frozen=True)
class _Thing:
    """One thing with a name that there can be once."""

    noun: str
    resource: str
    name: str
    word: str
    remedy: str


def problems(settings: Settings, server: str) -> list[str]:
    """Return a line for each thing that is there, and that the state does not know.

    Where the state or the API cannot be read nothing is said: the update itself will tell.
    """
    try:
        known = {str(one["urn"]) for one in state.resources()}
        missing = [one for one in _things(server) if not _is_known(one, known)]
        return list(_found(settings, missing)) if missing else []
    except (state.ReadError, HetznerError) as error:
        pulumi.log.debug(f"what is there already was not looked for: {error}")
        return []


def _is_known(thing: _Thing, urns: set[str]) -> bool:
    return any(urn.endswith(thing.resource) for urn in urns)


def _things(server: str) -> Iterator[_Thing]:
    own = f"{_STATE}, or delete it in Hetzner's console"
    yield _Thing("servers", "hcloud:index/server:Server::server", server, "server", own)
    yield _Thing(
        "ssh_keys", "hcloud:index/sshKey:SshKey::ssh-key", f"{server}-deploy", "SSH key", own
    )


def _found(settings: Settings, things: list[_Thing]) -> Iterator[str]:
    token = settings.hcloud_token.get_secret_value()
    with hetzner_api.reach(settings.hcloud_endpoint, token) as api:
        for thing in things:
            for one in api.all(thing.noun, name=thing.name):
                yield (
                    f"the {thing.word} {thing.name} (id {one['id']}) is in Hetzner's project, and "
                    f"this stack's state does not know it: {thing.remedy}"
                )
