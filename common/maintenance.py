"""M1: what is announced or under way, as the config says it and as the app is told; pure."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

PATH = "/maintenance.json"
"""Where each service's host tells of it."""
HEADER = "X-Maintenance"
"""Marks every answer that is the page's or the banner's; its value is the mode."""
MESSAGE = "We are working on nutri, and will be back soon."

MIGRATE = "npx --no-install prisma migrate deploy"
"""Brings the database to what an image needs; npx must not fetch a Prisma of its own."""


class Mode(enum.StrEnum):
    """Announced shows a banner; on puts a page in the place of the services."""

    OFF = "off"
    ANNOUNCED = "announced"
    ON = "on"


def _mode(value: object) -> object:
    # YAML reads off and on without quotes as booleans.
    return {False: Mode.OFF, True: Mode.ON}.get(value, value) if isinstance(value, bool) else value


def _instant(value: object) -> object:
    # A bare number would be taken for seconds.
    if isinstance(value, datetime) or (isinstance(value, str) and value.startswith("20")):
        return value
    raise ValueError(f'{value!r} is no moment; right would be "2026-12-06T02:00:00Z"')


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Text = Annotated[str, Field(min_length=1, max_length=500), BeforeValidator(str)]


class Maintenance(BaseModel):
    """One maintenance; `services` empty stands for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Annotated[Mode, BeforeValidator(_mode)] = Mode.OFF
    start: Instant | None = None
    end: Instant | None = None
    message: Text = MESSAGE
    services: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_timed(self) -> Self:
        if self.mode is Mode.OFF:
            return self
        if self.start is None or self.end is None:
            raise ValueError(f"with mode {self.mode} start and end are needed")
        if self.start >= self.end:
            raise ValueError(f"ends ({moment(self.end)}) before it starts ({moment(self.start)})")
        return self

    @property
    def is_off(self) -> bool:
        """Whether there is nothing to tell."""
        return self.mode is Mode.OFF

    def covers(self, service: str) -> bool:
        """Whether a service's users see the page instead of it."""
        return self.mode is Mode.ON and self.concerns(service)

    def concerns(self, service: str) -> bool:
        """Whether it is, or will be, about a service."""
        return not self.is_off and (not self.services or service in self.services)

    def span(self) -> str:
        """From when to when, as people say it."""
        if self.start is None or self.end is None:
            return "at no set time"
        same_day = self.start.astimezone(UTC).date() == self.end.astimezone(UTC).date()
        end = self.end.astimezone(UTC).strftime("%H:%M UTC") if same_day else moment(self.end)
        return f"{moment(self.start).removesuffix(' UTC')} to {end}"

    def banner(self) -> dict[str, Any]:
        """What the app is told, in JSON's types."""
        return {
            "mode": self.mode.value,
            "start": stamp(self.start) if self.start else None,
            "end": stamp(self.end) if self.end else None,
            "message": self.message,
            "services": list(self.services),
        }


OFF = Maintenance()


def moment(when: datetime) -> str:
    """A moment as people read it: 'Sunday 6 December 2026 02:00 UTC'."""
    there = when.astimezone(UTC)
    return f"{there:%A} {there.day} {there:%B %Y %H:%M} UTC"


def stamp(when: datetime) -> str:
    """A moment as machines read it: '2026-12-06T02:00:00Z'."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
