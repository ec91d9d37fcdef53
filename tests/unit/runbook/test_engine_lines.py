"""What is shown of the engine's lines: each replica, and every complaint; never long silence."""

from __future__ import annotations

import pytest

from runbook.engine_lines import EngineLines
from runbook.output import Busy, busy

_LINES = """\
Updating (prod):
    pulumi:pulumi:Stack nutri-prod running
 ~  nutri:infra:Service nutri-backend updating (0s)
 ~  pulumi-python:dynamic/coolify:Application nutri-backend-1 refreshing (0s)
 ~  pulumi-python:dynamic/coolify:Application nutri-backend-1 updating (0s) [diff: ~tag]
 ~  pulumi-python:dynamic/coolify:Application nutri-backend-1 updating (3s) [diff: ~tag]; pulling
\x1b[33m ~  \x1b[0mpulumi-python:dynamic/coolify:Application nutri-backend-1 updated (8s) [~tag]
 ~  hcloud:index:Rdns reverse-dns updated (0.03s)
 ~  pulumi-python:dynamic/nutri:Verification verification updating (0s)
 ~  pulumi-python:dynamic/nutri:Verification verification updated (3s)
Resources:
    ~ 2 updated
    39 unchanged
Duration: 15s"""


def _shown(text: str, lines: EngineLines) -> list[str]:
    found = (lines.shown(line, now) for now, line in enumerate(text.splitlines()))
    return [one for one in found if one is not None]


def test_a_replica_is_a_line_at_its_begin_and_its_end() -> None:
    """With which one of how many, and how long it took; what took no time is not told."""
    lines = EngineLines({"nutri-backend-1": "replica 1 of 2 on good-2"})
    assert _shown(_LINES, lines) == [
        "     4 s  nutri-backend-1 (replica 1 of 2 on good-2) is being replaced",
        "     6 s  nutri-backend-1 (replica 1 of 2 on good-2) healthy after 8 s",
        "     9 s  verification updated",
    ]


def test_complaints_are_shown_whole() -> None:
    """Every line of them, and nothing of what follows."""
    text = """\
 ~  pulumi-python:dynamic/coolify:Application nutri-backend-1 **updating failed** (1s) error: x
 ~  pulumi-python:dynamic/coolify:Application nutri-backend-1 updating (9s) **failed** 1 error
error: at once
Diagnostics:
  pulumi-python:dynamic/coolify:Application (nutri-backend-1):
    error: it did not get healthy

Resources:
    39 unchanged"""
    assert _shown(text, EngineLines()) == [
        "     1 s  nutri-backend-1 FAILED",
        "error: at once",
        "  pulumi-python:dynamic/coolify:Application (nutri-backend-1):",
        "    error: it did not get healthy",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Updating (prod):", "waiting for the engine, which compares"),
        (
            " ~  pulumi-python:dynamic/nutri:Verification verification updating (0s)",
            "waiting for verification for 6 s",
        ),
    ],
)
def test_no_silence_over_five_seconds(line: str, said: str) -> None:
    """What is under way, and for how long."""
    lines = EngineLines()
    lines.shown(line, 0)
    assert lines.waits(3) is None
    assert lines.waits(6) == f"     6 s  {said}"
    assert lines.waits(7) is None


def test_a_wait_says_what_for_and_how_long_at_most(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a pipe a line every few seconds."""
    monkeypatch.setattr("runbook.output._QUIET_SECONDS", 0.01)
    with busy("looking", 20) as told:
        told.detail = "3 of 9 done"
        while not capsys.readouterr().err.startswith("  looking: 3 of 9 done ... 0 s of 20 s"):
            pass
    assert Busy("dumping", None, 1e18).line().startswith("dumping ... ")
