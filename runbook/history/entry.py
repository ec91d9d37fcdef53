"""One thing an operator did; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

DONE = "done"


class Entry(BaseModel):
    """What was done, as the server keeps it and `runbook history` shows it."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    who: str
    host: str = ""
    """The machine it was typed on; empty where nobody knows."""
    typed: str = ""
    what: str
    services: tuple[str, ...] = ()
    result: str = DONE
    source: str = "server"

    @property
    def place(self) -> str:
        """Who, and on which machine."""
        return f"{self.who}@{self.host}" if self.host else self.who

    def is_of(self, service: str) -> bool:
        """Whether it was done to that service, or names it."""
        return service in self.services or service in self.what or service in self.typed

    def line(self) -> str:
        """As a line of the log."""
        return self.model_dump_json(exclude={"source"}) + "\n"


def parse(text: str) -> list[Entry]:
    """The entries of a log; a line that was cut short, or is another's, is left out."""
    found = []
    for line in text.splitlines():
        try:
            one = Entry.model_validate_json(line)
        except ValidationError:
            continue
        found.append(one.model_copy(update={"at": one.at.astimezone(UTC)}))
    return found


def now() -> datetime:
    """To the second."""
    return datetime.now(UTC).replace(microsecond=0)
