"""I2: one incident: facts, timeline, and the texts of its post-mortem. Pure values."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from common import duration
from common.errors import OperatorError
from runbook.incidents.severity import Severity  # noqa: TC001 - read by pydantic

if TYPE_CHECKING:
    from collections.abc import Mapping


def _in_utc(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0)


Moment = Annotated[datetime, AfterValidator(_in_utc)]


_OPEN_ITEM = "- [ ]"


class State(enum.StrEnum):
    """How far it is; each follows from the times that are set."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    CLOSED = "closed"


class Event(BaseModel):
    """One line of a timeline: at that time, this one did or saw that."""

    model_config = ConfigDict(frozen=True)

    at: Moment
    who: str
    what: str


class Incident(BaseModel):
    """Times are UTC, to the second. `stack` is None when it is of no one stack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}-\d+$")
    title: str = Field(min_length=1)
    severity: Severity
    stack: str | None = None
    owner: str | None = None
    opened: Moment
    failing_since: Moment | None = None
    """Of the first failure, where somebody knows it; `opened` is when it was detected."""
    roles: dict[str, str] = Field(default_factory=dict)
    """Who leads, who writes, who tells people: by role."""
    acknowledged: Moment | None = None
    mitigated: Moment | None = None
    closed: Moment | None = None
    users_affected: str | None = None
    failed_requests: int | None = Field(default=None, ge=0)
    timeline: tuple[Event, ...] = ()
    sections: dict[str, str] = Field(default_factory=dict)

    @property
    def state(self) -> State:
        """How far it is."""
        if self.closed:
            return State.CLOSED
        if self.mitigated:
            return State.MITIGATED
        return State.ACKNOWLEDGED if self.acknowledged else State.OPEN

    @property
    def respond_by(self) -> datetime:
        """When someone must have acknowledged it."""
        return self.opened + self.severity.response

    def is_overdue(self, now: datetime) -> bool:
        """Whether nobody has acknowledged it though the time is over."""
        return self.acknowledged is None and now > self.respond_by

    def response(self, now: datetime) -> str:
        """The response clock in words."""
        if self.acknowledged:
            taken = duration.spoken((self.acknowledged - self.opened).total_seconds())
            late = self.acknowledged > self.respond_by
            return f"acknowledged after {taken}{' (late)' if late else ''}"
        left = (self.respond_by - now).total_seconds()
        if left < 0:
            return f"NOT ACKNOWLEDGED, overdue by {duration.spoken(left)}"
        return f"to be acknowledged within {duration.spoken(left)}"

    def with_event(self, event: Event) -> Incident:
        """The incident with one more line in its timeline, which stays in order of time."""
        timeline = sorted((*self.timeline, event), key=lambda one: one.at)
        return self.model_copy(update={"timeline": tuple(timeline)})

    def with_failed(self, requests: int) -> Incident:
        """The incident with so many more failed requests, as a monitor counted them."""
        return self.model_copy(update={"failed_requests": (self.failed_requests or 0) + requests})

    def acknowledge(self, owner: str, at: datetime) -> Incident:
        """Somebody takes it on; later ones only change the owner.

        Raises:
            OperatorError: when it is closed.
        """
        self._refuse_if_closed()
        first = self.acknowledged is None
        what = f"acknowledged, owner {owner}" if first else f"owner is now {owner}"
        changed = {"owner": owner, "acknowledged": self.acknowledged or _in_utc(at)}
        return self._changed(changed, Event(at=at, who=owner, what=what))

    def with_severity(self, severity: Severity, who: str, at: datetime, why: str) -> Incident:
        """It is worse, or less bad, than was thought; the clock runs from its opening all the same.

        Raises:
            OperatorError: when it is closed, or has that severity.
        """
        self._refuse_if_closed()
        if severity == self.severity:
            raise OperatorError(f"incident {self.id} is {severity} already")
        what = _with(f"severity {self.severity} -> {severity}", why)
        return self._changed({"severity": severity}, Event(at=at, who=who, what=what))

    def with_role(self, role: str, person: str, who: str, at: datetime) -> Incident:
        """Somebody leads, writes, or tells people.

        Raises:
            OperatorError: when it is closed.
        """
        self._refuse_if_closed()
        changed = {"roles": self.roles | {role: person}}
        return self._changed(changed, Event(at=at, who=who, what=f"{role} is {person}"))

    def reopen(self, who: str, at: datetime, why: str) -> Incident:
        """It is not over: what was mitigated or closed is so no more.

        Raises:
            OperatorError: when it is neither.
        """
        if not self.mitigated:
            raise OperatorError(f"incident {self.id} is {self.state}: there is nothing to reopen")
        changed = {"mitigated": None, "closed": None}
        return self._changed(changed, Event(at=at, who=who, what=_with("reopened", why)))

    def with_text(self, section: str, text: str) -> Incident:
        """The incident with a text, where that section has none yet."""
        if not text or self.sections.get(section):
            return self
        return self.model_copy(update={"sections": self.sections | {section: text}})

    def with_done(self, words: str) -> Incident:
        """The incident with the one action item ticked that has these words.

        Raises:
            OperatorError: when none, or more than one, is open with them.
        """
        lines = self.sections.get("Action items", "").splitlines()
        found = [n for n, line in enumerate(lines) if _OPEN_ITEM in line and words in line]
        if len(found) != 1:
            count = "no" if not found else "more than one"
            raise OperatorError(f"{count} open action item of {self.id} has the words {words!r}")
        lines[found[0]] = lines[found[0]].replace(_OPEN_ITEM, "- [x]", 1)
        return self.model_copy(
            update={"sections": self.sections | {"Action items": "\n".join(lines)}}
        )

    def mitigate(self, who: str, at: datetime, how: str) -> Incident:
        """Users are well again, whatever is left to do.

        Raises:
            OperatorError: when that was said before, or it is closed.
        """
        self._refuse_if_closed()
        if self.mitigated:
            raise OperatorError(f"incident {self.id} is mitigated since {self.mitigated:%H:%M} UTC")
        changed = {"mitigated": _in_utc(at)}
        event = Event(at=at, who=who, what=_with("mitigated", how))
        return self._changed(changed, event).with_text("Resolution", how)

    def close(self, who: str, at: datetime, how: str) -> Incident:
        """Nothing is left to do but the post-mortem; what was not said before is said by this.

        Raises:
            OperatorError: when it is closed already.
        """
        self._refuse_if_closed()
        end = _in_utc(at)
        changed = {
            "closed": end,
            "mitigated": self.mitigated or end,
            "acknowledged": self.acknowledged or end,
            "owner": self.owner or who,
        }
        event = Event(at=at, who=who, what=_with("closed", how))
        return self._changed(changed, event).with_text("Root cause", how)

    def _refuse_if_closed(self) -> None:
        if self.closed:
            raise OperatorError(
                f"incident {self.id} is closed since {self.closed:%Y-%m-%d %H:%M} UTC; "
                'open a new one: `runbook incident open "..."`'
            )

    def _changed(self, fields: Mapping[str, object], event: Event) -> Incident:
        changed = self.model_copy(update=dict(fields)).with_event(event)
        early = [name for name in ("acknowledged", "mitigated", "closed") if _before(changed, name)]
        if early:
            raise OperatorError(
                f"incident {self.id} was opened at {self.opened:%Y-%m-%d %H:%M:%S} UTC; "
                f"it cannot be {early[0]} before that"
            )
        return changed


def _before(incident: Incident, name: str) -> bool:
    moment = getattr(incident, name)
    return moment is not None and moment < incident.opened


def _with(what: str, how: str) -> str:
    return f"{what}: {how}" if how else what
