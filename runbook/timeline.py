"""What a verb did: a line in the running incident, and one in the history on the servers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from common.errors import OperatorError
from runbook import command_line, history, operator, output
from runbook.history.entry import DONE, now
from runbook.incidents import Event, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target

_LONGEST = 300


@dataclass
class Act:
    """What is being done, and how it ended; the verb may say more of both as it goes."""

    what: str
    result: str = DONE


def keep(target: Target, what: str, *, failed_requests: int | None = None) -> None:
    """Add the line to the open incidents of the stack, by who sits here."""
    event = Event(at=datetime.now(UTC), who=operator.name(), what=what)
    record(event, stack=target.stack, failed_requests=failed_requests)


def declined(question: str, stack: object) -> None:
    """Keep that somebody was asked and said no."""
    event = Event(at=datetime.now(UTC), who=operator.name(), what=f"declined: {question}")
    record(event, stack=stack if isinstance(stack, str) else None)


@contextlib.contextmanager
def acting(target: Target, what: str, *services: str) -> Iterator[Act]:
    """Have what happens within kept in both, whatever its end."""
    act, begun = Act(what), now()
    try:
        yield act
    except KeyboardInterrupt as why:
        act.result = f"interrupted: {why}" if str(why) else "interrupted"
        raise
    except OperatorError as error:
        act.result = f"failed: {_shortened(str(error))}"
        raise
    except typer.Exit as end:
        act.result = "failed" if end.exit_code and _is_done(act) else act.result
        raise
    finally:
        keep(target, act.what if _is_done(act) else f"{act.what}: {act.result}")
        note(target, act.what, *services, at=begun, result=act.result)


def note(
    target: Target, what: str, *services: str, at: datetime | None = None, result: str = DONE
) -> None:
    """Keep what was done in the history alone, where a step of the incident tells it already."""
    one = history.Entry(
        at=at or now(),
        who=operator.name(),
        host=operator.host(),
        typed=command_line.line(),
        what=what,
        services=services,
        result=result,
    )
    history.write(target, one, output.say)


def acted(target: Target, what: str, *services: str, result: str = DONE) -> None:
    """Keep what is done already."""
    with acting(target, what, *services) as act:
        act.result = result


def _is_done(act: Act) -> bool:
    return act.result == DONE


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
