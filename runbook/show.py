"""Reports on the screen: a table on a terminal, plain lines on a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from checks import Report, Result, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from checks.causes import Cause
    from common.target import Target
    from runbook.incidents import Incident

_COLOURS = {Status.GREEN: "green", Status.RED: "bold red", Status.UNKNOWN: "yellow"}


def show_report(report: Report, console: Console, *, each: bool = False) -> None:
    """What is wrong, each cause once, then what is green, then one line of summary.

    Args:
        report: what the checks found.
        console: where to.
        each: a line for each result that is not green, instead of each cause.
    """
    order = [Status.RED, Status.UNKNOWN] if each else []
    shown = tuple(
        one
        for status in [*order, Status.GREEN]
        for one in report.results
        if one.verdict.status is status
    )
    if not each:
        show_wrong(report, console)
    if console.is_terminal:
        console.print(_table(shown))
    else:
        print_plain(report.table(shown), console)
    print_plain(report.summary(), console)


def show_wrong(report: Report, console: Console) -> None:
    """What is wrong, each cause once, and how much follows from it; nothing when all is green."""
    show_causes(report.causes, console)


def show_causes(causes: Sequence[Cause], console: Console) -> None:
    """A cause on one line, with what follows from it and what helps below."""
    for cause in causes:
        line = Text(f"{cause.status.upper():7} ", style=_COLOURS[cause.status])
        line.append(cause.name, style="bold")
        line.append(f"  {cause.message}", style="default")
        console.print(line, soft_wrap=True, highlight=False)
        for more in (cause.because(), f"-> {cause.remedy}" if cause.remedy else ""):
            if more:
                print_plain(f"        {more}", console)


def show_status(target: Target, report: Report, console: Console) -> None:
    """One screen: the stack, and each of its parts with what the checks say of it."""
    show_wrong(report, console)
    parts = _parts(target)
    others = dict.fromkeys(one.subject for one in report.results if one.subject not in parts)
    for subject, facts in (parts | dict.fromkeys(others, "")).items():
        print_plain(f"\n{subject}  {facts}".rstrip(), console)
        for result in report.results:
            if result.subject == subject:
                console.print(status_line(result), soft_wrap=True)


def show_drift(report: Report, console: Console) -> None:
    """On its own: what differs from the program."""
    print_plain("\ndrift", console)
    for result in report.results:
        console.print(status_line(result), soft_wrap=True)
        if not result.verdict.is_green and result.verdict.remedy:
            print_plain(f"          -> {result.verdict.remedy}", console)


def show_incidents(incidents: Sequence[Incident], now: datetime, console: Console) -> None:
    """One line an incident, with its response clock; an overdue one in red."""
    for one in incidents:
        line = Text(f"{one.severity} {one.id}  {one.title}  {one.state}, ")
        style = "bold red" if one.is_overdue(now) else "default"
        line.append(one.response(now), style=style)
        line.append(f", owner {one.owner or 'nobody'}")
        console.print(line, soft_wrap=True, highlight=False)


def print_plain(text: str, console: Console) -> None:
    """Print text as it is: no markup, no wrapping, no highlighting."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def status_line(result: Result) -> Text:
    """A result on one line, its status coloured."""
    verdict = result.verdict
    line = Text(f"  {verdict.status.upper():7} ", style=_COLOURS[verdict.status])
    line.append(f"{result.check}: {verdict.message}", style="default")
    return line


def _parts(target: Target) -> dict[str, str]:
    servers = {one.name: f"{one.server_type} at {one.ipv4}" for one in target.servers}
    coolify = {"coolify": f"version {target.coolify.version}"}
    services = {
        one.name: f"{one.url or 'inside alone'}  {one.tag}  "
        f"{one.replicas} replica{'s' * (one.replicas != 1)}"
        for one in target.services
    }
    return servers | coolify | services


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "runbook", "check", "subject", "finding"):
        table.add_column(heading, overflow="fold")
    for result in results:
        colour = _COLOURS[result.verdict.status]
        table.add_row(
            Text(result.verdict.status.upper(), style=colour),
            result.runbook,
            result.check,
            Text(result.subject),
            _finding(result),
        )
    return table


def _finding(result: Result) -> Group | Text:
    message = Text(result.verdict.message)
    if not result.verdict.remedy:
        return message
    return Group(message, Text(f"-> {result.verdict.remedy}", style="dim"))
