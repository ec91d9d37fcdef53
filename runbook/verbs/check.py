"""`runbook check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import checks
from checks.drift import DRIFT
from runbook import drift, drill_reports, gaps, options, output, show
from runbook.app import OF_A_REPORT, verb
from runbook.stack import load_target
from runbook.timeline import keep

if TYPE_CHECKING:
    from pathlib import Path

    from checks.page import Links
    from common.target import Target


@verb(
    "check",
    procedure="D1 and all others",
    example="check D1 E1 --expect-no-changes",
    exits=OF_A_REPORT,
)
def check(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    ids: options.Ids = None,
    change: Annotated[
        bool,
        typer.Option("--change", help="Only those that prove a change, as `pulumi up` does."),
    ] = False,
    no_changes: Annotated[
        bool,
        typer.Option(
            "--expect-no-changes", help="Also ask the engine: nothing may differ from the program."
        ),
    ] = False,
    each: Annotated[
        bool,
        typer.Option("--each", help="A line for each check that is not green, not each cause."),
    ] = False,
    stack: options.Stack = None,
    as_json: options.Json = False,
    junit_file: options.JunitFile = None,
    html_file: options.HtmlFile = None,
    drill_file: options.DrillFile = None,
    prometheus_file: options.PrometheusFile = None,
) -> None:
    """Verify the platform: all checks, or those named.

    What is not green becomes a line in the timeline of a running incident.
    """
    chosen = [one for one in checks.select(ids) if one.proves_change or not change]
    chosen += [DRIFT] if no_changes and DRIFT not in chosen else []
    past = drill_reports.read(drill_file)
    target = load_target(stack)
    what = f"{output.counted(len(chosen), 'check')} of stack {target.stack}"
    with output.busy(what, drift.BOUND if DRIFT in chosen else None) as told:
        report = drift.run(target, chosen, heard=told.hear)
    if report.not_green:
        bad = "; ".join(f"{one.check} {one.subject}: {one.message}" for one in report.causes)
        keep(target, f"checks: {report.summary()}: {bad}")
    files = {"junit": junit_file, "html": html_file, "prometheus": prometheus_file}
    missing = () if ids else gaps.of(target)
    told_of = [(one.what, one.remedy) for one in missing]
    output.write_reports(report, files, past, told_of, _links(target, html_file))
    if as_json:
        output.print_json(report.as_json())
    else:
        show.show_report(report, Console(), each=each)
        gaps.show(missing, Console())
    raise typer.Exit(report.exit_code)


def _links(target: Target, html: Path | None) -> Links | None:
    if html is None:
        return None
    from runbook import links  # noqa: PLC0415 - slow to load, and few ask for a page

    return links.of(target, html)
