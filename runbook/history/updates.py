"""The stack's own history, as `pulumi stack history --json` tells it; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbook.history.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_RESULTS = {"succeeded": "done", "in-progress": "under way, or cut short"}


def of_updates(told: Iterable[Mapping[str, Any]]) -> Iterator[Entry]:
    """An entry for each update; who ran it is told where a verb did, else by the commit."""
    for one in told:
        start = one.get("startTime")
        if not start:
            continue
        typed, _, place = str(one.get("message") or "").rpartition(" by ")
        who, _, host = place.partition("@") if typed.startswith("runbook ") else ("", "", "")
        yield Entry(
            at=datetime.fromisoformat(str(start)).astimezone(UTC),
            who=who or _committer(one),
            host=host,
            typed=typed if who else "",
            what=f"pulumi {_kind(one)}: {_changes(one)}",
            result=_RESULTS.get(str(one.get("result")), str(one.get("result") or "unknown")),
            source="state",
        )


def _kind(one: Mapping[str, Any]) -> str:
    kind = str(one.get("kind") or "update")
    return "up" if kind == "update" else kind


def _committer(one: Mapping[str, Any]) -> str:
    told: Mapping[str, str] = one.get("environment") or {}
    return told.get("ci.pr.author") or told.get("git.committer") or "pulumi"


def _changes(one: Mapping[str, Any]) -> str:
    counts: Mapping[str, int] = one.get("resourceChanges") or {}
    return ", ".join(f"{n} {op}" for op, n in counts.items() if op != "same") or "no change"
