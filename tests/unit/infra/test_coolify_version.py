"""A changed version of Coolify: up is told, down is refused before anything is touched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from common.changes import Change, Op, Risk, classify
from common.versions import is_older
from infra import state
from infra.coolify import downgrade

if TYPE_CHECKING:
    from config.settings import Settings


def _wanting(version: str) -> Settings:
    return cast("Settings", SimpleNamespace(coolify_version=version))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state whose Coolify is 4.3.10."""
    one = {"type": downgrade._INSTANCE, "outputs": {"version": "4.3.10"}}
    monkeypatch.setattr(state, "resources", lambda: ({"type": "other"}, one))


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [
        ("4.3.9", "4.3.10", True),
        ("4.3.10", "4.3.9", False),
        ("4.3.10", "4.3.10", False),
        ("4.0.0-beta.99", "4.0.0-beta.100", True),
        ("4.0.0-beta.100", "4.0.0", True),
        ("4.0.0", "4.0.0-beta.100", False),
    ],
)
def test_versions_are_compared_by_their_numbers(one: str, other: str, *, older: bool) -> None:
    """Not as texts."""
    assert is_older(one, other) is older


@pytest.mark.usefixtures("installed")
def test_a_downgrade_is_refused_with_its_reason() -> None:
    """And with the ways back there are."""
    (said,) = downgrade.problems(_wanting("4.3.9"))
    assert "4.3.9 is older than 4.3.10, which is installed" in said
    assert "no way back" in said
    assert "nutri-before-4.3.10.sql.gz" in said


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("version", ["4.3.10", "4.3.11", "4.10.0"])
def test_the_same_and_newer_ones_are_let_through(version: str) -> None:
    """An upgrade is a changed setting."""
    assert downgrade.problems(_wanting(version)) == []


def test_a_stack_without_coolify_takes_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one, and one whose state cannot be read."""
    monkeypatch.setattr(state, "resources", tuple)
    assert downgrade.problems(_wanting("4.3.9")) == []

    def refuse() -> None:
        raise state.ReadError("no backend")

    monkeypatch.setattr(state, "resources", refuse)
    assert downgrade.problems(_wanting("4.3.9")) == []


def test_a_plan_says_what_an_upgrade_does_and_what_not() -> None:
    """The step that runs again replaces nothing."""
    kind = "pulumi-python:dynamic/coolify:Instance"
    old, new = {"version": "4.3.10"}, {"version": "4.3.11"}
    (found,) = classify(Change(Op.UPDATE, kind, "instance", old, new, frozenset({"version"})))
    assert "from 4.3.10 to 4.3.11" in found.why
    assert "nothing of them is made anew" in found.why
    (step,) = classify(Change(Op.REPLACE, "command:remote:Command", "install-coolify"))
    assert (step.risk, "nothing there is replaced" in step.why) == (Risk.NONE, True)
    assert classify(Change(Op.DELETE, "command:remote:Command", "install-coolify")) == ()
