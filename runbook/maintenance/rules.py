"""When maintenance may be announced and begun; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from common.duration import spoken
from common.errors import OperatorError
from common.maintenance import MESSAGE, Maintenance, Mode, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from common.window import Window

NOTICE = timedelta(hours=48)
"""So long ahead people are told."""
_UNPLANNED = timedelta(hours=1)


def announced(  # noqa: PLR0913 - what an announcement says
    window: Window,
    now: datetime,
    *,
    start: datetime | None = None,
    length: timedelta | None = None,
    message: str | None = None,
    services: Sequence[str] = (),
) -> Maintenance:
    """An announcement; by default of the first whole window that can be told of in time.

    Raises:
        OperatorError: when it ends before it could begin.
    """
    begins = start or window.next(now + NOTICE)
    lasts = length or (window.ends(begins) - begins if window.contains(begins) else window.length)
    if begins + lasts <= now:
        raise OperatorError(f"{moment(begins + lasts)} has passed; give a start to come")
    return Maintenance(
        mode=Mode.ANNOUNCED,
        start=begins,
        end=begins + lasts,
        message=message or MESSAGE,
        services=tuple(services),
    )


def begun(
    configured: Maintenance,
    now: datetime,
    *,
    length: timedelta | None = None,
    message: str | None = None,
    services: Sequence[str] = (),
) -> Maintenance:
    """What is announced, or under way, as under way; something new where nothing is."""
    known = not configured.is_off and configured.end is not None and configured.end > now
    start = min(configured.start or now, now) if known else now
    end = configured.end if known and length is None else now + (length or _UNPLANNED)
    return Maintenance(
        mode=Mode.ON,
        start=start.replace(microsecond=0),
        end=end and end.replace(microsecond=0),
        message=message or configured.message,
        services=tuple(services) or configured.services,
    )


def objections_to_announcing(
    one: Maintenance, configured: Maintenance, window: Window, now: datetime
) -> list[str]:
    """What speaks against an announcement; the same one again is never in the way of itself."""
    if one == configured or one.start is None or one.end is None:
        return []
    found = []
    if one.start - now < NOTICE:
        found.append(
            f"too late: {moment(one.start)} is {_ahead(one.start, now)}, and people are told "
            f"{spoken(NOTICE.total_seconds())} ahead; the first window that can be announced "
            f"begins {moment(window.next(now + NOTICE))}"
        )
    if not window.covers(one.start, one.end):
        found.append(f"outside of the maintenance window: {one.span()}, the window is {window}")
    return found


def objections_to_beginning(
    one: Maintenance, configured: Maintenance, window: Window, now: datetime
) -> list[str]:
    """What speaks against beginning now; what is under way already may be begun again."""
    if configured.mode is Mode.ON:
        return []
    found = []
    if configured.is_off:
        found.append("it was not announced: `runbook maintenance announce`")
    elif configured.start and now < configured.start:
        found.append(f"too early: it is announced for {configured.span()}")
    elif configured.end and now >= configured.end:
        found.append(f"its time has passed: it was announced for {configured.span()}")
    if not window.contains(now) or (one.end and not window.covers(now, one.end)):
        found.append(
            f"outside of the maintenance window: now until {moment(one.end or now)}, the window "
            f"is {window}"
        )
    return found


def require(objections: Iterable[str], *, force: bool) -> list[str]:
    """The objections, once somebody has said that it is to be all the same.

    Raises:
        OperatorError: nobody has.
    """
    found = list(objections)
    if found and not force:
        raise OperatorError(f"refused, {'; '.join(found)}. --force does it all the same")
    return found


def _ahead(start: datetime, now: datetime) -> str:
    if start <= now:
        return "over"
    return f"{spoken((start - now).total_seconds())} ahead"
