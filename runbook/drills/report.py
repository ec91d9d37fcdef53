"""What a drill reports: its phases with their seconds, and how it ended."""

from __future__ import annotations

import contextlib
import enum
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, Field

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Outcome(enum.StrEnum):
    """Whether what was broken was seen, and is whole again."""

    RECOVERED = "recovered"
    FAILED = "failed"


class Phase(BaseModel):
    """One part of a drill; `at` is seconds since its beginning."""

    name: str
    at: float
    seconds: float
    note: str = ""


class Drill(BaseModel):
    """A drill while it runs, and its report afterwards (`model_dump_json`)."""

    name: str
    stack: str
    started: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    phases: list[Phase] = Field(default_factory=list)
    outcome: Outcome = Outcome.FAILED
    error: str = ""
    measures: dict[str, float] = Field(default_factory=dict)
    """Numbers besides the phases: rows lost, seconds of their age."""

    @property
    def seconds(self) -> float:
        """From the first phase's beginning to the last one's end."""
        return max((phase.at + phase.seconds for phase in self.phases), default=0.0)

    @property
    def exit_code(self) -> int:
        """0 recovered, 1 not."""
        return 0 if self.outcome is Outcome.RECOVERED else 1

    @contextlib.contextmanager
    def running(self, say: Callable[[str], None]) -> Iterator[Callable[..., Timer]]:
        """Run the drill: yields what begins a phase; without an error it has recovered.

        An OperatorError ends the drill as failed and becomes part of the report.
        """
        began = time.monotonic()

        def phase(name: str) -> Timer:
            say(f"== {name}")
            return Timer(self, name, began)

        try:
            yield phase
        except OperatorError as error:
            self.error = str(error)
            say(f"failed: {error}")
        else:
            self.outcome = Outcome.RECOVERED

    def as_json(self) -> dict[str, object]:
        """The report as JSON, with its total."""
        return {**self.model_dump(mode="json"), "seconds": round(self.seconds, 3)}


class Timer(contextlib.AbstractContextManager["Timer"]):
    """Times one phase; set `note` within."""

    def __init__(self, drill: Drill, name: str, origin: float) -> None:
        self.note = ""
        self._drill = drill
        self._name = name
        self._origin = origin
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        at, seconds = self._began - self._origin, time.monotonic() - self._began
        phase = Phase(name=self._name, at=round(at, 3), seconds=round(seconds, 3), note=self.note)
        self._drill.phases.append(phase)
