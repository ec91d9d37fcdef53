"""The weekly maintenance window, in UTC; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_WEEK = timedelta(days=7)


def _day(text: str) -> str:
    if text not in DAYS:
        raise ValueError(f"{text!r} is no day; right is one of {', '.join(DAYS)}")
    return text


def _unquoted(value: object) -> object:
    # YAML reads 02:00 without quotes as a number to the base of 60.
    if isinstance(value, int):
        raise ValueError(  # noqa: TRY004 - pydantic gathers these, and no others
            f'{value} is no time of day; give it in quotes, such as "02:00"'
        )
    return value


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError(f'{text!r} is no time of day in UTC, such as "02:00" or "23:30"')
    return text


Day = Annotated[str, AfterValidator(_day)]
Clock = Annotated[str, BeforeValidator(_unquoted), AfterValidator(_clock)]


class Window(BaseModel):
    """A day of the week with start and end; an end before the start is on the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: Day
    start: Clock
    end: Clock

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end:
            raise ValueError(f"starts and ends at {self.start}; give an end after the start")
        return self

    def __str__(self) -> str:
        """As people say it: 'Sunday 02:00-04:00 UTC'."""
        return f"{self.day.title()} {self.start}-{self.end} UTC"

    @property
    def length(self) -> timedelta:
        """From start to end."""
        return (_since_midnight(self.end) - _since_midnight(self.start)) % timedelta(days=1)

    def contains(self, moment: datetime) -> bool:
        """Whether a moment is within; the start is, the end is not."""
        return moment < self.ends(moment)

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether a span of time lies within one window, its end included."""
        return start <= end <= self.ends(start)

    def ends(self, moment: datetime) -> datetime:
        """The end of the window that a moment is in, else of the one before it."""
        return self._latest(moment) + self.length

    def next(self, moment: datetime) -> datetime:
        """The start of the first window that begins at or after a moment."""
        latest = self._latest(moment)
        return latest if latest == moment else latest + _WEEK

    def _latest(self, moment: datetime) -> datetime:
        """The start of the window that began last."""
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone; right would be one in UTC")
        there = moment.astimezone(UTC)
        midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
        days = timedelta(days=there.weekday() - DAYS.index(self.day))
        start = midnight - days + _since_midnight(self.start)
        return start - (_WEEK if start > there else timedelta())


SUNDAY_NIGHT = Window(day="sunday", start="02:00", end="04:00")
"""The window where none is set."""


def _since_midnight(clock: str) -> timedelta:
    hours, minutes = clock.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
