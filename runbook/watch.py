"""Checks again and again: what has changed since the last look, and who has heard of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checks import Status
from runbook.notify import Message, Notifier, NotifyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checks import Report, Result

Statuses = dict[tuple[str, str], Status]


@dataclass(frozen=True)
class Change:
    """A result whose status is another one than before."""

    result: Result
    before: Status

    @property
    def is_bad(self) -> bool:
        """Whether it is red or unknown now."""
        return not self.result.verdict.is_green

    def __str__(self) -> str:
        """One line: what, from which status to which, and why."""
        one = self.result
        verdict = one.verdict
        head = f"{verdict.status.upper()} {one.runbook} {one.check} {one.subject}"
        remedy = f" -> {verdict.remedy}" if verdict.remedy else ""
        return f"{head} (was {self.before}): {verdict.message}{remedy}"


def changes(before: Mapping[tuple[str, str], Status], report: Report) -> list[Change]:
    """The results that differ; what was never seen counts as green before."""
    return [
        Change(result, was)
        for result in report.results
        for was in [before.get(result.key, Status.GREEN)]
        if result.verdict.status is not was
    ]


def statuses(report: Report) -> Statuses:
    """The status of each check and subject."""
    return {result.key: result.verdict.status for result in report.results}


def message(report: Report, changed: list[Change], about: str = "") -> Message:
    """What people are told of changes; `about` is told of the incident they belong to."""
    bad = bool(report.not_green)
    title = f"nutri {report.stack}: {_headline(report) if bad else 'all green again'}"
    lines = [line for one in news(report, changed) for line in one]
    return Message(title, "\n".join([*lines, about] if about else lines), bad)


def _headline(report: Report) -> str:
    """The first cause in a few words, and how many there are besides."""
    first, *others = report.causes
    more = f" and {len(others)} more" if others else ""
    return f"{first.status.upper()} {first.name}{more}"


def news(report: Report, changed: Sequence[Change]) -> list[list[str]]:
    """The lines of each cause of what has got worse, once; then of what is green again."""
    worse = {one.result.key for one in changed if one.is_bad}
    causes = [one for one in report.causes if worse & {each.key for each in one.results}]
    told = (
        (
            f"{one.status.upper()} {one.name}: {one.message}",
            one.because(),
            f"-> {one.remedy}" if one.remedy else "",
        )
        for one in causes
    )
    better = [[str(one)] for one in changed if not one.is_bad]
    return [[line for line in lines if line] for lines in told] + better


@dataclass
class Watch:
    """What was seen, and what was told: a message that got lost is sent with the next look."""

    notifier: Notifier
    seen: Statuses = field(default_factory=dict)
    told: Statuses = field(default_factory=dict)

    def look(self, report: Report) -> list[Change]:
        """The changes since the last look."""
        changed = changes(self.seen, report)
        self.seen = statuses(report)
        return changed

    def tell(self, report: Report, about: str = "") -> NotifyError | None:
        """Send what has changed since the last message that arrived; the error when it did not."""
        changed = changes(self.told, report)
        if changed and self.notifier:
            try:
                self.notifier.send(message(report, changed, about))
            except NotifyError as error:
                return error
        self.told = statuses(report)
        return None
