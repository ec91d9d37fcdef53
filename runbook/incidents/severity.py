"""I1: how bad it is, and how soon someone must have taken it on."""

from __future__ import annotations

import enum
from datetime import timedelta


class Severity(enum.StrEnum):
    """The four severities, each with its bound for the first response."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def response(self) -> timedelta:
        """Time from the opening to the acknowledgement, at most."""
        return _RESPONSE[self]

    @property
    def meaning(self) -> str:
        """What it is for."""
        return _MEANING[self]


_RESPONSE = {
    Severity.P1: timedelta(minutes=15),
    Severity.P2: timedelta(hours=1),
    Severity.P3: timedelta(hours=4),
    Severity.P4: timedelta(hours=24),
}
_MEANING = {
    Severity.P1: "the app is down, or data is being lost",
    Severity.P2: "a main function does not work, or all of it is slow",
    Severity.P3: "a side function does not work, or there is a way round",
    Severity.P4: "a blemish, or a question",
}
