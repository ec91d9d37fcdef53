"""What has been done of a sequence, kept in a file so that it goes on where it was cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from common.errors import OperatorError

if TYPE_CHECKING:
    from pathlib import Path

_STALE = timedelta(hours=2)


class Entry(BaseModel):
    """A step that was done, and what came of it."""

    step: str
    at: AwareDatetime
    outcome: str


class _Content(BaseModel):
    stack: str
    service: str
    started: AwareDatetime
    done: list[Entry] = Field(default_factory=list)


class Journal:
    """The steps of one sequence; every change is on disk at once."""

    def __init__(self, file: Path, content: _Content) -> None:
        self._file = file
        self._content = content

    @classmethod
    def open(cls, folder: Path, stack: str, service: str, *, anew: bool) -> Journal:
        """The journal of a service, or a new one: when asked, or the old is older than 2 hours."""
        file = folder / f"outage-{stack}-{service}.json"
        fresh = _Content(stack=stack, service=service, started=datetime.now(UTC))
        if anew or not file.is_file():
            return cls(file, fresh)
        try:
            kept = _Content.model_validate_json(file.read_text())
        except (OSError, ValidationError):
            return cls(file, fresh)
        return cls(file, fresh if fresh.started - kept.started > _STALE else kept)

    @property
    def entries(self) -> list[Entry]:
        """The steps done so far, in order."""
        return list(self._content.done)

    def outcome(self, step: str) -> Entry | None:
        """What came of a step; None when it is still to be done."""
        return next((one for one in self._content.done if one.step == step), None)

    def add(self, step: str, outcome: str) -> Entry:
        """Keep that a step is done.

        Raises:
            OperatorError: when the file cannot be written.
        """
        entry = Entry(step=step, at=datetime.now(UTC), outcome=outcome)
        self._content.done.append(entry)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(self._content.model_dump_json(indent=2) + "\n")
        except OSError as error:
            raise OperatorError(f"{self._file} cannot be written: {error.strerror}") from error
        return entry

    def end(self) -> None:
        """The sequence is over; the next one starts anew."""
        self._file.unlink(missing_ok=True)
