"""`runbook database ...`: E3, S3 and B2."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import OperatorError
from runbook import dumps, options, output
from runbook.app import OF_A_REPORT, group, verb
from runbook.database import Doctor, look, writes
from runbook.database.live import LiveTools
from runbook.database.moment import Going
from runbook.database.state import find
from runbook.stack import load_target
from runbook.timeline import acted

if TYPE_CHECKING:
    from common.target import Target

database_group = group("database", "The managed database: how it is, and what helps.")

_EXITS = "0 it is well (again), 1 it is not, 2 it could not be tried, or told"


@verb(
    "status",
    procedure="E3, S3, B2",
    example="database status",
    exits=OF_A_REPORT,
    within=database_group,
)
def status(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Tell how the project is, who holds its connections, and which backups there are."""
    state = look(load_target(stack))
    if as_json:
        output.print_json(state.as_json())
    else:
        typer.echo("\n".join([*state.lines(), "", state.report.summary()]))
    raise typer.Exit(state.report.exit_code)


@verb(
    "doctor",
    procedure="E3, S3",
    example="database doctor --yes",
    exits=_EXITS,
    within=database_group,
)
def doctor(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    stop_writes: Annotated[
        bool, typer.Option("--stop-writes", help="Data is being damaged: let nobody write.")
    ] = False,
    allow_writes: Annotated[
        bool, typer.Option("--allow-writes", help="The way back from --stop-writes.")
    ] = False,
    end_stuck: Annotated[
        bool, typer.Option("--end-stuck", help="End what sits in a transaction for a minute.")
    ] = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Restore a paused project, free an exhausted pool, stop writes; each step waited for."""
    if stop_writes and allow_writes:
        raise typer.BadParameter("give --stop-writes or --allow-writes, not both")
    target = load_target(stack)
    tools = LiveTools(target, find(target), yes)
    say = output.say if as_json else typer.echo
    run = Doctor(tools, say)
    if stop_writes or allow_writes:
        _writes(tools, run, stop=stop_writes)
        state = tools.look()
    else:
        state = run.run(end_stuck=end_stuck)
    code = state.report.exit_code
    if run.steps:
        acted(target, f"database doctor: {', '.join(run.steps)}: {state.report.summary()}")
    if as_json:
        output.print_json(state.as_json() | {"steps": run.steps})
    else:
        typer.echo(state.report.summary())
    raise typer.Exit(0 if stop_writes and state.is_red("database-writes") else code)


@verb(
    "restore",
    procedure="E3, B2",
    example="database restore --at 2026-03-01T12:00 --lose postgres",
    exits="0 it is as it was then, and answers, 2 it could not be tried, or told",
    within=database_group,
)
def restore(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    at: Annotated[str, typer.Option("--at", help="The moment (UTC where no zone is named).")],
    overwrite: Annotated[
        str | None,
        options.LOSE,
    ] = None,
    without_dump: Annotated[
        bool, typer.Option("--without-dump", help="Do not keep what is there now in a dump.")
    ] = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Take the database back to a moment, where the vendor's plan has that; else by a dump."""
    moment = datetime.fromisoformat(dumps.moment(at) or "")
    target = load_target(stack)
    database = find(target)
    tools = LiveTools(target, database, yes)
    going = Going(tools.supabase, tools.name, output.say if as_json else typer.echo)
    going.check(moment, overwrite)
    tools.confirm(f"The app stops until it is there, and all since {at} goes. Go on?")
    kept = (lambda: "none, as you wished") if without_dump else (lambda: _kept(target))
    going.go(moment, kept, tools.wait_for_recovery)
    acted(target, f"database restore: as of {at}")
    state = tools.look()
    if as_json:
        output.print_json(state.as_json() | {"at": moment.isoformat()})
    else:
        typer.echo(state.report.summary())
    raise typer.Exit(state.report.exit_code)


def _kept(target: Target) -> str:
    """One line on a dump; a stack that takes none says so, before anything is lost."""
    if target.dumps is None:
        raise OperatorError(
            "this stack takes no dumps, so that what came since that moment cannot be kept:"
            " --without-dump if it may be lost"
        )
    return dumps.row(dumps.loudly(lambda: dumps.ask(target, "now")))


def _writes(tools: LiveTools, run: Doctor, *, stop: bool) -> None:
    if not stop:
        writes.allow(tools.target, tools.database, output.waiting)
        run.steps.append("writes are allowed again")
        run.say("writes are allowed again, through the pooler too")
        return
    tools.confirm("Nobody will be able to write, and every connection is ended. Go on?")
    writes.stop(tools.target, tools.database, output.waiting)
    run.steps.append("writes are stopped")
    run.say("writes are stopped, through the pooler too; to restore the data:")
    for line in tools.ways_back()[1:]:
        run.say(f"  {line}")
    run.say("  then `runbook database doctor --allow-writes`")
