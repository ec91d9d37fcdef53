"""What waits for its verification, by the engine's own records."""

from __future__ import annotations

from typing import Any

import pytest

from infra import state
from infra.guard import unverified
from infra.verification import _VerificationProvider

GOOD: dict[str, Any] = {"kind": "update", "result": "succeeded"}
FAILED: dict[str, Any] = {"kind": "update", "result": "failed"}
REFRESH: dict[str, Any] = {"kind": "refresh", "result": "succeeded"}


PENDING: dict[str, Any] = {
    "type": "updating",
    "resource": {"urn": "urn:pulumi:test::nutri::x$y:Application::nutri-backend-1"},
}


@pytest.mark.parametrize(
    ("history", "pending", "why"),
    [
        ([], [], ""),
        ([GOOD], [], ""),
        ([FAILED, GOOD], [], "the last update failed"),
        ([REFRESH, FAILED], [], "the last update failed"),
        ([GOOD, FAILED], [], ""),
        ([GOOD], [PENDING], "the last update was cut off: updating nutri-backend-1"),
    ],
)
def test_the_records_tell(
    history: list[dict[str, Any]], pending: list[dict[str, Any]], why: str
) -> None:
    """A failed update, whatever was put back since; a killed one, by what it was doing."""
    assert unverified.reason(history, pending) == why


def _ended(kind: str, start: int, end: int, result: str = "succeeded") -> dict[str, Any]:
    moments = {
        key: f"2026-12-01T10:00:{second:02}.000Z"
        for key, second in {"startTime": start, "endTime": end}.items()
    }
    return {"kind": kind, "result": result, **moments}


def _changed(second: int, kind: str = "pulumi-python:dynamic/coolify:Application") -> Any:  # noqa: ANN401
    urn = f"urn:pulumi:test::nutri::{kind}::one"
    return {"type": kind, "urn": urn, "modified": f"2026-12-01T10:00:{second:02}.123456789Z"}


UP, REFRESHED = _ended("update", 10, 20), _ended("refresh", 30, 40)


@pytest.mark.parametrize(
    ("history", "changed", "is_loose"),
    [
        ([UP], _changed(15), False),
        ([UP], _changed(20), False),
        ([UP], _changed(25), True),
        ([REFRESHED, UP], _changed(25), True),
        ([REFRESHED, UP], _changed(35), False),
        ([REFRESHED, UP], _changed(45), True),
        ([_ended("update", 42, 50), REFRESHED, UP], _changed(45), False),
        ([_ended("update", 42, 50), UP], _changed(25), False),
        ([UP], _changed(25, "hcloud:index/storageBox:StorageBox"), False),
        ([UP], _changed(25, "pulumi-python:dynamic/nutri:Verification"), False),
        ([UP], {"type": "command:remote:Command", "urn": "x"}, False),
        ([], _changed(25), False),
    ],
)
def test_a_kill_between_two_resources_is_told_by_what_it_changed(
    history: list[dict[str, Any]], changed: dict[str, Any], *, is_loose: bool
) -> None:
    """It leaves neither a record nor an operation that is under way: only what it had done."""
    said = unverified.reason(history, [], [changed])
    assert said == ("the last update was cut off after one" if is_loose else "")


def test_what_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is no reason to fail."""

    def refuse() -> None:
        raise state.ReadError("no backend")

    said: list[str] = []
    monkeypatch.setattr(state, "history", refuse)
    monkeypatch.setattr("pulumi.log.warn", said.append)
    assert unverified.why() == ""
    assert "no backend" in said[0]


def test_it_is_verified_though_the_target_is_the_same() -> None:
    """And only then: that it was verified by now is no difference."""
    provider = _VerificationProvider()
    olds = {"target": {"a": 1}, "settle_seconds": 1, "unverified": ""}
    assert provider.diff("x", olds, {**olds, "unverified": "the last update failed"}).changes
    assert not provider.diff("x", olds, dict(olds)).changes
    assert not provider.diff("x", {"target": {"a": 1}, "settle_seconds": 1}, dict(olds)).changes
    assert provider.diff("x", olds, {**olds, "target": {"a": 2}}).changes
