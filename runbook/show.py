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

    from common.target import Target
    from runbook.incidents import Incident

_COLOURS = {Status.GREEN: "green", Status.RED: "bold red", Status.UNKNOWN: "yellow"}


def show_report(report: Report, console: Console) -> None:
    """All results, then one line of summary."""
    if console.is_terminal:
        console.print(_table(report))
    else:
        print_plain(report.table(), console)
    print_plain(report.summary(), console)


def show_status(target: Target, report: Report, console: Console) -> None:
    """One screen: the stack, and each of its parts with what the checks say of it."""
    print_plain(f"stack {target.stack}, domain {target.domain}", console)
    parts = _parts(target)
    others = dict.fromkeys(one.subject for one in report.results if one.subject not in parts)
    for subject, facts in (parts | dict.fromkeys(others, "")).items():
        print_plain(f"\n{subject}  {facts}".rstrip(), console)
        for result in report.results:
            if result.subject == subject:
                console.print(status_line(result), soft_wrap=True)
    print_plain("\n" + report.summary(), console)


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
        one.name: f"{one.url}  {one.tag}  {one.replicas} replica{'s' * (one.replicas != 1)}"
        for one in target.services
    }
    return servers | coolify | services


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "runbook", "check", "subject", "finding"):
        table.add_column(heading, overflow="fold")
    for result in report.results:
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
