"""The outcome of a run: results, an exit code, and plain forms of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.causes import Cause, causes, is_suspect
from checks.verdict import Status, Verdict
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from checks.check import AnyCheck


class ChecksFailedError(OperatorError):
    """Not every check is green; the text is a table of those that are not."""


@dataclass(frozen=True)
class Result:
    """One check of one subject; `seconds` is the time it took."""

    check: str
    runbook: str
    title: str
    subject: str
    verdict: Verdict
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other results of a run."""
        return self.check, self.subject

    def is_aside(self, changed: Collection[str]) -> bool:
        """Whether nothing of what changed is the subject, or what the verdict blames."""
        blamed = (self.subject, *self.verdict.suspects)
        return bool(self.verdict.suspects) and not any(
            _bare(one) in _bare(name) for one in blamed for name in changed
        )

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "check": self.check,
            "runbook": self.runbook,
            "title": self.title,
            "subject": self.subject,
            "status": self.verdict.status.value,
            "message": self.verdict.message,
            "remedy": self.verdict.remedy,
            "seconds": round(self.seconds, 3),
            "measures": [measure.as_json() for measure in self.verdict.measures],
        }


@dataclass(frozen=True)
class Report:
    """All results of a run, in order."""

    stack: str
    results: tuple[Result, ...]

    @property
    def not_green(self) -> tuple[Result, ...]:
        """Those that are red or unknown."""
        return tuple(result for result in self.results if not result.verdict.is_green)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What is wrong, each once, with what is not green because of it."""
        return causes(self.results)

    @property
    def exit_code(self) -> int:
        """0: all green. 1: something is red. 2: nothing red, but something could not be told."""
        if any(result.verdict.status is Status.RED for result in self.results):
            return 1
        return 2 if self.not_green or not self.results else 0

    def aside(self, changed: Collection[str] | None) -> tuple[Result, ...]:
        """Those that are no fault of a change: it touched nothing that they blame.

        Or what they blame has a check of its own that is red, and no fault of the change: with
        Redis down a new version of a service is degraded like the one before.

        Args:
            changed: names of what the change touched; None means all.
        """
        if changed is None:
            return ()
        found = [one for one in self.not_green if one.is_aside(changed)]
        explained = [
            one
            for one in self.not_green
            if one not in found
            and any(is_suspect(other, name) for other in found for name in one.verdict.suspects)
        ]
        return tuple(one for one in self.not_green if one in found or one in explained)

    def proving(self, changed: Collection[str] | None) -> Report:
        """The results that tell whether a change is done."""
        aside = {one.key for one in self.aside(changed)}
        return Report(self.stack, tuple(one for one in self.results if one.key not in aside))

    def merged(self, later: Report) -> Report:
        """This report with the results that a later run has as well."""
        newer = {result.key: result for result in later.results}
        return Report(self.stack, tuple(newer.get(old.key, old) for old in self.results))

    def plus(self, other: Report) -> Report:
        """This report with the results of another, of other checks."""
        return Report(self.stack, (*self.results, *other.results))

    def in_order(self, checks: Sequence[AnyCheck]) -> Report:
        """This report with its results in the order of these checks."""
        place = {check.id: number for number, check in enumerate(checks)}
        return Report(self.stack, tuple(sorted(self.results, key=lambda one: place[one.check])))

    def raise_for_red(self) -> None:
        """Do nothing when all is green.

        Raises:
            ChecksFailedError: when something is not; its text is a table for people.
        """
        if self.exit_code:
            raise ChecksFailedError(self.summary() + "\n" + self.wrong())

    def summary(self) -> str:
        """One line: how many are what."""
        if not self.results:
            return f"stack {self.stack}: no check ran"
        counts = {
            status: sum(result.verdict.status is status for result in self.results)
            for status in Status
        }
        parts = [f"{count} {status}" for status, count in counts.items() if count]
        count = len(self.results)
        return f"stack {self.stack}: {count} check{'s' * (count != 1)}, {', '.join(parts)}"

    def table(self, results: tuple[Result, ...] | None = None) -> str:
        """Plain lines, one a result, with the remedy below where there is one."""
        rows = self.results if results is None else results
        width = max((len(f"{row.check} {row.subject}") for row in rows), default=0)
        return "\n".join(line for row in rows for line in _lines(row, width))

    def wrong(self) -> str:
        """Plain lines, one a cause: what is wrong, what helps, how much follows from it."""
        found = self.causes
        width = max((len(one.name) for one in found), default=0)
        return "\n".join(line for one in found for line in _cause_lines(one, width))

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "stack": self.stack,
            "green": not self.exit_code,
            "exit_code": self.exit_code,
            "causes": [cause.as_json() for cause in self.causes],
            "results": [result.as_json() for result in self.results],
        }


def _cause_lines(cause: Cause, width: int) -> list[str]:
    more = (cause.because(), f"-> {cause.remedy}" if cause.remedy else "")
    head = f"{cause.status.upper():7} {cause.name:{width}}  {cause.message}"
    return [head, *(f"{'':8}{line}" for line in more if line)]


def _bare(name: str) -> str:
    """A name as services and their health answers share it: nutri-ml-service, ml_service."""
    return name.replace("-", "").replace("_", "").casefold()


def _lines(row: Result, width: int) -> list[str]:
    verdict = row.verdict
    label = f"{row.check} {row.subject}"
    head = f"{verdict.status.upper():7} {row.runbook:2} {label:{width}}  {verdict.message}"
    return [head, f"{'':11}-> {verdict.remedy}"] if verdict.remedy else [head]
