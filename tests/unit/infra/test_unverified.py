"""What waits for its verification, by the engine's own records."""

from __future__ import annotations

from typing import Any

import pytest

from infra import state, unverified
from infra.verification import _VerificationProvider

GOOD: dict[str, Any] = {"kind": "update", "result": "succeeded"}
FAILED: dict[str, Any] = {"kind": "update", "result": "failed"}
REFRESH: dict[str, Any] = {"kind": "refresh", "result": "succeeded"}


def _one(name: str, modified: str, kind: str = "hcloud:index/firewall:Firewall") -> dict[str, Any]:
    urn = f"urn:pulumi:test::nutri::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "modified": modified}


VERIFIED = _one("verification", "2026-11-30T20:00:00.5Z", unverified._VERIFICATION)
BEFORE = _one("firewall", "2026-11-30T20:00:00.123456789Z")
AFTER = _one("nutri-backend-1", "2026-11-30T20:00:01Z")


@pytest.mark.parametrize(
    ("history", "resources", "why"),
    [
        ([], [], ""),
        ([GOOD], [BEFORE, VERIFIED], ""),
        ([FAILED, GOOD], [BEFORE, VERIFIED], "the last update failed"),
        ([REFRESH, FAILED], [BEFORE, VERIFIED], "the last update failed"),
        ([GOOD, FAILED], [BEFORE, VERIFIED], ""),
        ([GOOD], [AFTER, VERIFIED], "changed since the last verification: nutri-backend-1"),
        ([GOOD], [AFTER], ""),
        ([GOOD], [VERIFIED, _one("box", AFTER["modified"], "hcloud:index/storageBox:x")], ""),
        ([GOOD], [VERIFIED, {**AFTER, "custom": False}], ""),
        ([GOOD], [VERIFIED, {**AFTER, "modified": None}], ""),
    ],
)
def test_the_records_tell(
    history: list[dict[str, Any]], resources: list[dict[str, Any]], why: str
) -> None:
    """A failed update, whatever was put back since; a killed one, by what it had changed."""
    assert unverified.reason(history, resources) == why


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
