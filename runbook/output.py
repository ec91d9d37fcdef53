"""What verbs print and write: JSON, files, progress."""

from __future__ import annotations

import contextlib
import json
import textwrap
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from common.errors import OperatorError
from runbook.version import release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.status import Status

    from checks import Report, Result
    from checks.page import Links, Timeline
    from checks.page.past import Past
    from common.waiting import Attempt


_QUIET_SECONDS = 4.5
"""Nobody who waits is left without a word for longer."""
_LINES = textwrap.TextWrapper(
    88, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
)


class DeclinedError(OperatorError):
    """Somebody was asked, and said no."""

    def __init__(self, question: str) -> None:
        self.question = question
        super().__init__("nothing was done; `runbook diagnose` tells what helps")


def print_json(value: Mapping[str, object]) -> None:
    """One JSON object on standard output, which says when it was told, and by which version."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    told = {"told_at": now, "told_by": f"runbook {release()}"} | dict(value)
    typer.echo(json.dumps(told, indent=2))


def say(text: str) -> None:
    """A line of progress, on standard error, so that standard output stays the result."""
    typer.echo(text, err=True)


def counted(number: int, noun: str) -> str:
    """A number with its noun: '1 replica', '2 replicas'."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@contextlib.contextmanager
def busy(what: str, most: float | None = None) -> Iterator[Busy]:
    """Say what runs, since when and how long at most: a spinner, or lines on a pipe."""
    console, done = Console(stderr=True), threading.Event()
    told = Busy(what, most, time.monotonic(), done)
    if console.is_terminal:
        told.spinner = show = console.status(told.line(), spinner="line")
        every = 1.0
    else:
        show, every = None, _QUIET_SECONDS

    def tell() -> None:
        while not done.wait(every):
            if show:
                show.update(told.line())
            else:
                say(f"  {told.line()}")

    with show or contextlib.nullcontext():
        threading.Thread(target=tell, daemon=True).start()
        try:
            yield told
        finally:
            done.set()


@dataclass
class Busy:
    """What runs; `detail` may change as it goes."""

    what: str
    most: float | None
    began: float
    done: threading.Event = field(default_factory=threading.Event)
    spinner: Status | None = None
    detail: str = ""

    def stop(self) -> None:
        """Leave the terminal to what is shown now."""
        self.done.set()
        if self.spinner:
            self.spinner.stop()

    def hear(self, result: Result, done: int, count: int) -> None:
        """Tell of a check's result as it comes: each that is red at once, the others by number."""
        self.detail = f"{done} of {count}"
        if result.verdict.status == "red":
            self.tell(f"  red: {result.runbook} {result.check} {result.subject}")

    def tell(self, text: str) -> None:
        """A line of progress, above the spinner where there is one."""
        if self.spinner:
            self.spinner.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            say(text)

    def line(self) -> str:
        """On one line."""
        most = f" of {self.most:g} s at most" if self.most else ""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.what}{detail} ... {time.monotonic() - self.began:.0f} s{most}"


class _Waiting:
    """Progress of a wait: its beginning, and then a line as often as nobody is to wait longer."""

    every = _QUIET_SECONDS

    def __init__(self) -> None:
        self._reason, self._told = "", 0.0

    def __call__(self, attempt: Attempt) -> None:
        now = time.monotonic()
        if attempt.reason == self._reason and now - self._told < self.every - 0.2:
            return
        self._reason, self._told = attempt.reason, now
        say(_LINES.fill(f"  {attempt}"))


waiting = _Waiting()


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something disruptive; a pipe cannot answer.

    Raises:
        OperatorError: when the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    if not Console().is_terminal:
        raise OperatorError(f"{question} Nobody can be asked here: give --yes")
    if not typer.confirm(question):
        raise DeclinedError(question)


def ask(question: str, *, yes: bool) -> None:
    """Ask as `confirm` does; with `yes` what the question tells is told all the same.

    Raises:
        OperatorError: when the answer is no, or there is nobody to ask.
    """
    *told, asked = question.splitlines()
    for line in told:
        say(line)
    confirm(asked, yes=yes)


def write_reports(
    report: Report,
    files: Mapping[str, Path | None],
    drill: Timeline | None = None,
    holes: Sequence[tuple[str, str]] = (),
    links: Links | None = None,
) -> None:
    """Write the report to each file that is given, in the form its key names."""
    for form, file in files.items():
        if file and form == "html":
            write(file, _page(report, drill, holes, file, links))
        elif file:
            write(file, _as(form, report))


def _page(
    report: Report,
    drill: Timeline | None,
    holes: Sequence[tuple[str, str]],
    file: Path,
    links: Links | None,
) -> str:
    from checks.page import page  # noqa: PLC0415 - slow to load, and few ask for a file

    return page(report, drill=drill, holes=holes, past=_past(file, report), links=links)


def _as(form: str, report: Report) -> str:
    from checks.junit import junit  # noqa: PLC0415 - slow to load, and few ask for a file
    from checks.prometheus import prometheus  # noqa: PLC0415

    forms: Mapping[str, Callable[[Report], str]] = {"junit": junit, "prometheus": prometheus}
    return forms[form](report)


def _past(file: Path, report: Report) -> Past:
    from checks.page.past import kept  # noqa: PLC0415 - as above

    try:
        return kept(file, report)
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}") from error


def write(file: Path, text: str) -> None:
    """Write a file whole or not at all: a collector may read it at any time.

    Raises:
        OperatorError: when it cannot be written.
    """
    half = file.with_name(f".{file.name}.new")
    try:
        half.write_text(text)
        half.replace(file)
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}") from error
