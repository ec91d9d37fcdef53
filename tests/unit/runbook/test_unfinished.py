"""A stack whose first update was cut off: what is there is told, and what to type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from clients.dns import NameNotResolvedError
from runbook import unfinished
from runbook.stack import StackError, load_target

if TYPE_CHECKING:
    from clients.dns import Resolver
    from tests.unit.runbook.conftest import FakePulumi

_SERVER: dict[str, Any] = {
    "urn": "urn:pulumi:prod::nutri::hcloud:index/server:Server::server",
    "type": "hcloud:index/server:Server",
    "custom": True,
    "modified": "2026-12-01T10:00:00Z",
    "outputs": {"name": "nutri-prod", "ipv4Address": "203.0.113.7"},
}
_STEP: dict[str, Any] = {
    "urn": "urn:pulumi:prod::nutri::command:remote:Command::baseline",
    "type": "command:remote:Command",
    "custom": True,
    "modified": "2026-12-01T10:01:00Z",
}
_PROVIDER: dict[str, Any] = {**_STEP, "type": "pulumi:providers:command"}


def _export(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 3, "deployment": {"resources": list(resources)}})


def test_what_was_made_is_told() -> None:
    """How much, which server, and how far it came."""
    said = unfinished.line(_export(_SERVER, _STEP, _PROVIDER))
    assert "made 2 resources, the server nutri-prod at 203.0.113.7" in said
    assert "the last of them baseline; `pulumi up` goes on" in said
    assert "no server" in unfinished.line(_export(_STEP))


class _World:
    """DNS that knows some names."""

    def __init__(self, **addresses: str) -> None:
        self._known = {name.replace("_", "."): one for name, one in addresses.items()}

    def addresses(self, name: str) -> tuple[str, ...]:
        """As the real one."""
        if name not in self._known:
            raise NameNotResolvedError(f"{name} does not resolve")
        return (self._known[name],)


_NAME: dict[str, Any] = {
    **_STEP,
    "type": "hcloud:index/zoneRrset:ZoneRrset",
    "outputs": {
        "type": "A",
        "zone": "nutri.test",
        "name": "api",
        "records": [{"value": "203.0.113.7"}],
    },
}


@pytest.mark.parametrize("world", [_World(), _World(api_nutri_test="192.0.2.1")])
def test_a_name_that_does_not_lead_here_yet_is_told(world: _World) -> None:
    """On the first day that is what `up` waited for in vain."""
    said = unfinished.waiting(_export(_SERVER, _NAME), cast("Resolver", world))
    assert "api.nutri.test does not lead to 203.0.113.7 yet: the certificate waits" in said
    assert "registrar" in said


def test_a_name_that_leads_here_is_no_reason() -> None:
    """Then something else ended it."""
    world = cast("Resolver", _World(api_nutri_test="203.0.113.7"))
    assert not unfinished.waiting(_export(_SERVER, _NAME), world)
    assert not unfinished.waiting("", world)


@pytest.mark.parametrize("export", ["", "[]", "{}", _export(), _export(_PROVIDER)])
def test_of_nothing_nothing_is_told(export: str) -> None:
    """A stack that was never brought up."""
    assert not unfinished.line(export)


def test_a_verb_says_so(pulumi: FakePulumi) -> None:
    """Beside what every stack without outputs is told."""
    error = "error: current stack does not have output property 'target'"
    pulumi.prints(_export(_SERVER), error, code=255)
    with pytest.raises(StackError, match=re.escape("run `pulumi up` first. Its first")):
        load_target("prod")
