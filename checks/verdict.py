"""What a check concludes: green, red, or unknown; pure values."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checks.measure import Measure


class Status(enum.StrEnum):
    """Unknown means that no evidence could be had; it never counts as green."""

    GREEN = "green"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """A conclusion: what is so and, when it is not as it should be, what to do."""

    status: Status
    message: str
    remedy: str = ""
    measures: tuple[Measure, ...] = ()
    """The numbers behind it, for charts and collectors."""
    lacks: str = ""
    """What did not answer, as `checks.causes` names it; empty where the finding is its own."""
    suspects: tuple[str, ...] = ()
    """What a red one blames, besides its subject, where it serves on all the same.

    A change that touched none of them is done, however red this is.
    """

    def measured(self, measures: Iterable[Measure]) -> Verdict:
        """The same conclusion with its numbers."""
        return replace(self, measures=tuple(measures))

    def lacking(self, what: str) -> Verdict:
        """The same conclusion, for want of something that did not answer."""
        return replace(self, lacks=what)

    @property
    def is_green(self) -> bool:
        """Whether all is as it should be."""
        return self.status is Status.GREEN


def green(message: str) -> Verdict:
    """All is as it should be."""
    return Verdict(Status.GREEN, message)


def red(message: str, remedy: str) -> Verdict:
    """Something is wrong; `remedy` says what to do."""
    return Verdict(Status.RED, message, remedy)


def unknown(message: str, remedy: str) -> Verdict:
    """It cannot be told whether all is well; `remedy` says how to find out."""
    return Verdict(Status.UNKNOWN, message, remedy)
