"""What Coolify has of the services' variables, beside what it was given: by fingerprints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clients.coolify import variables
from clients.coolify.client import over
from common.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from clients.coolify.client import Client
    from clients.ssh import SshClient
    from common.target import ServiceTarget, Target

_HIDDEN = "shown once, so nobody can tell"


@dataclass(frozen=True)
class Row:
    """One variable; `wanted` is empty for one that it was not given, `found` one a replica."""

    service: str
    name: str
    wanted: str
    found: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every replica has what it was given."""
        return bool(self.wanted) and set(self.found) == {self.wanted}

    @property
    def told(self) -> str:
        """How it is in Coolify."""
        if self.is_same:
            return "as given"
        words = ", ".join(dict.fromkeys(one or "missing" for one in self.found))
        return f"in Coolify: {words}" if self.wanted else f"in Coolify alone: {words}"

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "service": self.service,
            "name": self.name,
            "given": self.wanted or None,
            "found": [one or None for one in self.found],
            "same": self.is_same,
        }


def rows(ssh: SshClient, target: Target, services: Sequence[ServiceTarget]) -> list[Row]:
    """Ask Coolify for the variables of services.

    Raises:
        OperatorError: it does not tell.
    """
    key = target.coolify.token.get_secret_value()
    with over(ssh, target.coolify) as client:
        return [row for one in services for row in _of_service(client, one, key)]


def _of_service(client: Client, service: ServiceTarget, key: str) -> Iterator[Row]:
    marks = [_marks(client, application, key) for application in service.applications]
    names = sorted({*service.variables, *(name for one in marks for name in one)})
    for name in names:
        found = tuple(one.get(name, "") for one in marks)
        yield Row(service.name, name, service.variables.get(name, ""), found)


def _marks(client: Client, application: str, key: str) -> Mapping[str, str]:
    return {
        name: _HIDDEN if one.value is None else fingerprint(key, name, one.value)
        for name, one in variables.read(client, application).items()
    }
