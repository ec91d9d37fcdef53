"""What was red before, kept in a small file beside the page: changes alone, of a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from checks.verdict import Status

if TYPE_CHECKING:
    from pathlib import Path

    from checks.report import Report, Result

_WEEK = timedelta(days=7)


class Change(BaseModel):
    """From then on these were red, and those could not be told."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    red: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """The worst of it."""
        if self.red:
            return Status.RED
        return Status.UNKNOWN if self.unknown else Status.GREEN


class Past(BaseModel):
    """The changes of a week, the oldest first; the first may be older, for it began there."""

    model_config = ConfigDict(frozen=True)

    changes: tuple[Change, ...] = ()

    def after(self, report: Report, now: datetime) -> Past:
        """With this report, and without what is over for a week."""
        seen = Change(at=now, red=_of(report, Status.RED), unknown=_of(report, Status.UNKNOWN))
        last = self.changes[-1] if self.changes else None
        is_new = last is None or (last.red, last.unknown) != (seen.red, seen.unknown)
        changes = (*self.changes, seen) if is_new else self.changes
        starts = [number for number, one in enumerate(changes) if one.at <= now - _WEEK]
        return Past(changes=changes[max(starts, default=0) :])

    def since(self, result: Result) -> datetime | None:
        """When it stopped being green; None where it is, or nothing is known of it."""
        found = None
        for one in reversed(self.changes):
            if key(result) not in {*one.red, *one.unknown}:
                break
            found = one.at
        return found

    def shares(self, start: datetime, end: datetime) -> dict[Status, float]:
        """The part of a span each status had; empty where nobody looked yet."""
        ends = [one.at for one in self.changes[1:]] + [end]
        spans = dict.fromkeys(Status, 0.0)
        for one, until in zip(self.changes, ends[: len(self.changes)], strict=True):
            seconds = (min(until, end) - max(one.at, start)).total_seconds()
            spans[one.status] += max(0.0, seconds)
        whole = sum(spans.values())
        return {status: part / whole for status, part in spans.items()} if whole else {}


def key(result: Result) -> str:
    """Check and subject, as the file keeps them."""
    return f"{result.check} {result.subject}"


def kept(page: Path, report: Report, now: datetime | None = None) -> Past:
    """The past of the page in that file, this report in it and written back."""
    file = page.with_suffix(".past.json")
    past = _read(file).after(report, now or datetime.now(UTC).replace(microsecond=0))
    half = file.with_name(f".{file.name}.new")
    half.write_text(past.model_dump_json() + "\n")
    half.replace(file)
    return past


def _read(file: Path) -> Past:
    try:
        return Past.model_validate_json(file.read_text())
    except (OSError, ValidationError):
        return Past()  # the first time, or another program's file


def _of(report: Report, status: Status) -> tuple[str, ...]:
    return tuple(sorted(key(one) for one in report.results if one.verdict.status is status))
