"""`runbook watch`."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer

import checks
from common import duration
from common.errors import OperatorError
from runbook import gaps, heartbeat, links, notify, operator, options, output, unit
from runbook.app import OF_A_REPORT, verb
from runbook.incidents import Event, Folder, Incident, Severity, record, told
from runbook.stack import find_project, load_target
from runbook.unit import Unit
from runbook.watch import Watch, changes, news

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks import Report
    from checks.check import AnyCheck
    from common.target import Target
    from runbook.watch import Change

_WHO = "runbook watch"


@verb(
    "watch",
    procedure="D1, I2",
    example="watch D1 E1 --interval 60s --incident P1",
    exits=f"of the last look: {OF_A_REPORT}",
)
def watch(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    ids: options.Ids = None,
    interval: Annotated[str, typer.Option("--interval", help="As in 30s, 5m.")] = "60s",
    times: Annotated[
        int, typer.Option("--times", min=0, help="End after so many looks; 0: never.")
    ] = 0,
    severity: Annotated[
        Severity | None,
        typer.Option(
            "--incident",
            case_sensitive=False,
            help="Open an incident when something turns red and none is open.",
        ),
    ] = None,
    stack: options.Stack = None,
    html_file: options.HtmlFile = None,
    prometheus_file: options.PrometheusFile = None,
    junit_file: options.JunitFile = None,
    install: Annotated[
        bool,
        typer.Option("--install", help="As a systemd service of this machine, from now on."),
    ] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="End that service.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a change.")] = False,
) -> None:
    """Check again and again; tell people when something changes, and only then.

    People are told by NUTRI_NOTIFY_URLS, or the stack's secret nutri:notifyUrls (Apprise URLs).
    A running incident gets a line in its timeline. Ctrl-C ends it. `runbook status` says when it
    looked last; NUTRI_WATCH_PING is an address it calls after each look.
    """
    chosen, pause = checks.select(ids), duration.seconds(interval)
    target = load_target(stack)
    if install or uninstall:
        own = _unit(target, ids, interval, severity)
        _uninstall(own) if uninstall else _install(own, target)
        return
    watching = Watch(notify.Notifier(notify.urls(stack)))
    files = {"html": html_file, "prometheus": prometheus_file, "junit": junit_file}
    code = 2
    try:
        for number in itertools.count(1):
            target = _fresh(target, stack) if number > 1 else target
            report = _look(target, chosen, watching)
            code = report.exit_code
            changed = watching.look(report)
            lacks = gaps.told(target) if html_file else ()
            ways = links.of(target, html_file) if html_file else None
            output.write_reports(report, files, holes=lacks, links=ways)
            _say(report, changed, first=number == 1, as_json=as_json)
            _keep(report, changed, severity)
            _complain(watching.tell(report, _about(report)))
            heartbeat.beat(target, _beat(report, pause), output.say)
            if number == times:
                break
            sleep(pause)
    except KeyboardInterrupt:
        output.say("ended")
    raise typer.Exit(code)


def _unit(target: Target, ids: list[str] | None, interval: str, severity: Severity | None) -> Unit:
    words = ["watch", *(ids or ()), "--interval", interval]
    words += ["--incident", severity.value] if severity else []
    return Unit(target.stack, find_project(Path.cwd()), tuple(words), duration.seconds(interval))


def _install(own: Unit, target: Target) -> None:
    unit.require_elsewhere(target)
    if not notify.urls(target.stack):
        raise OperatorError(
            f"nobody would be told: set the stack's secret {notify.SETTING} first "
            f"(`pulumi config set --secret {notify.SETTING} ...`)"
        )
    own.install()
    typer.echo(f"{own.file} runs: `journalctl {own.mode}-u {own.name} -f` shows its looks")
    typer.echo("`runbook status` says when it looked last, from any machine")


def _uninstall(own: Unit) -> None:
    own.uninstall()
    typer.echo(f"{own.name} has ended and is gone")


def _beat(report: Report, pause: int) -> heartbeat.Beat:
    return heartbeat.Beat(
        at=heartbeat.now(), host=operator.host(), interval=pause, summary=report.summary()
    )


def _look(target: Target, chosen: Sequence[AnyCheck], watching: Watch) -> Report:
    """All checks; what has got worse is looked at twice, since one lost packet is no outage."""
    report = checks.run(target, chosen)
    worse = {one.result.key for one in changes(watching.seen, report) if one.is_bad}
    return report.merged(checks.run(target, chosen, only=worse)) if worse else report


def _fresh(target: Target, stack: str | None) -> Target:
    """The target as it is now, since `pulumi up` changes it; the old one when it cannot be had."""
    try:
        return load_target(stack)
    except OperatorError as error:
        output.say(f"the stack cannot be read, so the last one is watched: {error}")
        return target


def _say(report: Report, changed: Sequence[Change], *, first: bool, as_json: bool) -> None:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if as_json:
        for one in changed:
            facts = {"time": now, "stack": report.stack, "was": one.before.value}
            typer.echo(json.dumps(facts | one.result.as_json()))
        return
    if not first and not changed:
        return
    typer.echo(f"{now} {report.summary()}")
    for lines in news(report, changed):
        typer.echo("\n".join(f"  {line}" for line in lines))


def _about(report: Report) -> str:
    """What the running incident tells a phone."""
    running = Folder.of_project().running(report.stack) if report.not_green else []
    return "\n".join(f"{told.facts(one)}\n{told.following(one)}" for one in running)


def _keep(report: Report, changed: Sequence[Change], severity: Severity | None) -> None:
    now = datetime.now(UTC)
    whats = ["; ".join(lines) for lines in news(report, changed)]
    events = [Event(at=now, who=_WHO, what=one) for one in whats]
    if severity and report.exit_code == 1 and changed:
        _open(report, severity, now)
    for event in events:
        record(event, stack=report.stack)


def _open(report: Report, severity: Severity, now: datetime) -> None:
    folder = Folder.of_project()
    if folder.running(report.stack):
        return
    red = [one for one in report.results if one.verdict.status is checks.Status.RED]
    title = f"{red[0].check} of {red[0].subject} is red" + (" and more" if red[1:] else "")
    made = folder.add(
        now,
        lambda number: Incident(
            id=number,
            title=title,
            severity=severity,
            stack=report.stack,
            opened=now,
            timeline=(Event(at=now, who=_WHO, what=f"opened as {severity}: {title}"),),
        ),
    )
    output.say(f"incident {made.id} ({severity}) is open: `runbook incident ack`")


def _complain(error: OperatorError | None) -> None:
    if error:
        output.say(f"{error}; it is tried again with the next look")
