"""The folder of incidents: one Markdown file each, changed under a lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook.incidents import document
from runbook.incidents.incident import Incident, State
from runbook.stack import find_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

_POSTMORTEM = "-postmortem.md"
_LONGEST_NAME = 50


class Folder:
    """Reads and writes the incidents of a project."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_project(cls) -> Folder:
        """The folder NUTRI_INCIDENTS names, else `incidents/` of the project."""
        named = os.environ.get("NUTRI_INCIDENTS")
        return cls(Path(named) if named else find_project(Path.cwd()) / "incidents")

    def all(self) -> list[Incident]:
        """Every incident, the newest first.

        Raises:
            DamagedIncidentError: when a file is none.
        """
        found = [document.parse(file.read_text(), file) for file in self._files()]
        return sorted(found, key=lambda one: (one.opened, one.id), reverse=True)

    def running(self, stack: str | None = None) -> list[Incident]:
        """Those that are not closed; with a stack, those of it or of none."""
        wanted = {None, stack}
        return [
            one
            for one in self.all()
            if one.state is not State.CLOSED and (stack is None or one.stack in wanted)
        ]

    def find(self, number: str | None) -> Incident:
        """An incident by its id; the only running one when none is given.

        Raises:
            OperatorError: when there is none, or more than one.
        """
        if number is not None:
            found = [one for one in self.all() if one.id == number]
            if not found:
                raise OperatorError(f"no incident {number} in {self.path}; `runbook incident list`")
            return found[0]
        running = self.running()
        if len(running) == 1:
            return running[0]
        if not running:
            raise OperatorError(
                "no incident is open; name one with --id, or `runbook incident open`"
            )
        known = ", ".join(f"{one.id} ({one.title})" for one in running)
        raise OperatorError(f"more than one incident is open, name one with --id: {known}")

    def add(self, opened: datetime, make: Callable[[str], Incident]) -> Incident:
        """A new incident; `make` gets its id, which is the day with a number."""
        with self._locked():
            day = f"{opened:%Y-%m-%d}"
            taken = [int(one.id.rpartition("-")[2]) for one in self.all() if one.id.startswith(day)]
            incident = make(f"{day}-{max(taken, default=0) + 1}")
            self._write(self.file(incident), document.text_of(incident))
            return incident

    def change(self, number: str, how: Callable[[Incident], Incident]) -> Incident:
        """The incident after `how`, written back, whoever else writes at the same time."""
        with self._locked():
            changed = how(self.find(number))
            self._write(self.file(changed), document.text_of(changed))
            return changed

    def file(self, incident: Incident) -> Path:
        """Where it is kept: an existing file keeps its name though the title changes."""
        existing = [file for file in self._files() if _id_of(file) == incident.id]
        return existing[0] if existing else self.path / f"{incident.id}-{_slug(incident.title)}.md"

    def write_postmortem(self, incident: Incident, text: str) -> Path:
        """Write the post-mortem beside the incident; returns where."""
        kept = self.file(incident)
        file = kept.with_name(kept.stem + _POSTMORTEM)
        self._write(file, text)
        return file

    def _files(self) -> list[Path]:
        return [
            file
            for file in sorted(self.path.glob("*.md"))
            if _id_of(file) and not file.name.endswith(_POSTMORTEM)
        ]

    def _write(self, file: Path, text: str) -> None:
        half = file.with_suffix(".new")
        try:
            half.write_text(text)
            half.replace(file)
        except OSError as error:
            raise OperatorError(f"{file} cannot be written: {error.strerror}") from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise OperatorError(f"{self.path} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _id_of(file: Path) -> str | None:
    found = re.match(r"\d{4}-\d{2}-\d{2}-\d+(?=-|\.)", file.name)
    return found.group() if found else None


def _slug(title: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words[:_LONGEST_NAME].rstrip("-") or "incident"
