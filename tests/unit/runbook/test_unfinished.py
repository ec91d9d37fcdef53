"""A stack whose first update was cut off: what is there is told, and what to type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from runbook import unfinished
from runbook.stack import StackError, load_target

if TYPE_CHECKING:
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
