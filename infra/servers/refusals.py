"""Servers that Hetzner refused to make although its catalogue offers them.

What was refused is noted where every later run finds it, from whatever machine: in labels of the
address that waits for the server. The next run takes them off, for the program has none, and takes
what comes after in the tier and in `nutri:locationFallbacks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from common.changes.model import kind
from infra import state
from infra.servers import hetzner_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from infra.servers.tiers import Choice

_LABEL = re.compile(r"refused-(?P<location>[a-z0-9]+)-(?P<server_type>[a-z0-9]+)")
# Nothing of the type is left, or nothing where the address is; a full project is another matter.
_CODES = ("resource_unavailable", "placement_error")


class Refused(NamedTuple):
    """A server type that was not to be had in a location."""

    location: str
    server_type: str


def is_refusal(error: str) -> bool:
    """Whether an error of the provider says that there is no room for the server."""
    return any(code in error for code in _CODES)


def is_address(type_token: str) -> bool:
    """Whether a resource is one that notes refusals, or its like."""
    return kind(type_token) == "hcloud/PrimaryIp"


def served(choice: Choice) -> bool:
    """Whether the stack has, or had, a server; the state need not be asked where there is one."""
    return choice.exists or state.has_served()


def labels(refused: Iterable[Refused]) -> dict[str, str]:
    """Return the labels that note them."""
    return {f"refused-{one.location}-{one.server_type}": "yes" for one in refused}


def noted(address: Mapping[str, str]) -> frozenset[Refused]:
    """Return what the labels of an address note."""
    found = (_LABEL.fullmatch(label) for label in address)
    return frozenset(Refused(**one.groupdict()) for one in found if one)


@dataclass(frozen=True)
class FirstServer:
    """The first server of a stack, as long as there has been none, and the addresses that wait.

    Attributes:
        endpoint: of Hetzner's API.
        token: for it.
        address: name of the address that notes what was refused.
        known: what was noted before this run.
        served: whether the stack has, or had, a server.
    """

    endpoint: str
    token: str
    address: str
    known: frozenset[Refused] = frozenset()
    served: Callable[[], bool] = state.has_served

    def frees(self, type_token: str) -> bool:
        """Whether a resource may go without a word: an address that never led anywhere."""
        return is_address(type_token) and not self.served()

    def release(self, number: int) -> None:
        """Have Hetzner delete an address when asked; raises HetznerError."""
        with hetzner_api.reach(self.endpoint, self.token) as api:
            api.act(f"primary_ips/{number}/actions/change_protection", {"delete": False})

    def note(self, refused: Refused) -> None:
        """Note one more; raises HetznerError."""
        with hetzner_api.reach(self.endpoint, self.token) as api:
            for one in api.all("primary_ips", name=self.address):
                told = one["labels"] | labels({*self.known, refused})
                api.put(f"primary_ips/{one['id']}", {"labels": told})
