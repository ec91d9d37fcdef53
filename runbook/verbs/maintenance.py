"""`runbook maintenance ...`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

import checks
from common import duration
from common.errors import OperatorError
from common.maintenance import OFF, Maintenance, Mode, moment
from runbook import maintenance, options, output, servers, show
from runbook.app import group, verb
from runbook.deploy import before as looking
from runbook.maintenance import notices, steps
from runbook.stack import find_project, load_target
from runbook.timeline import acted
from runbook.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.target import Target

maintenance_group = group("maintenance", "The maintenance page, its banner, and telling people.")

_EXITS = "0 done and proven, 1 not, or people were not told, 2 a mistake, or it was refused"
_Length = Annotated[
    str | None, typer.Option("--for", metavar="LENGTH", help="How long, as in 90m or 2h.")
]
_Message = Annotated[str | None, typer.Option("--message", "-m", help="What people read.")]
_Services = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SERVICE", help="Default: all services.", autocompletion=options.services
    ),
]
_Force = Annotated[
    bool, typer.Option("--force", help="Though announced too late, or outside of the window.")
]


@verb(
    "announce",
    procedure="M1",
    example='maintenance announce --start 2026-12-06T02:00Z -m "New disks"',
    exits=_EXITS,
    within=maintenance_group,
)
def announce(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    start: Annotated[
        str | None,
        typer.Option(help="When, in UTC. Default: the first window 48 h ahead."),
    ] = None,
    length: _Length = None,
    message: _Message = None,
    service: _Services = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Instead of what is announced already.")
    ] = False,
    force: _Force = False,
    stack: options.Stack = None,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """Show the app's banner and tell people, 48 h ahead of the maintenance window."""
    updates, target, before = _stand(stack, verbose=verbose)
    now = _now()
    one = maintenance.announced(
        target.maintenance.window,
        now,
        start=_when(start),
        length=_length(length),
        message=message,
        services=_known(target, service),
    )
    window = target.maintenance.window
    objections = maintenance.objections_to_announcing(one, before, window, now)
    _say_forced(maintenance.require(objections, force=force))
    if not before.is_off and before != one and not replace:
        raise OperatorError(
            f"maintenance is {before.mode} already: {before.span()}. --replace puts this one in "
            "its place, and tells people so; `runbook maintenance end` takes it back"
        )
    target = steps.bring_about(updates, one)
    report = steps.proven(target, steps.SHOWN)
    acted(target, f"announced maintenance: {one.span()}")
    told = notices.send(stack, notices.announcement(target, one, before))
    _finish(one, report, as_json=as_json, told=told)


@verb(
    "start",
    procedure="M1, M3",
    example="maintenance start",
    exits=_EXITS,
    within=maintenance_group,
)
def start(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    length: _Length = None,
    message: _Message = None,
    service: _Services = None,
    force: _Force = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """Put the page before the services: 503 with Retry-After, until `end`."""
    updates, target, before = _stand(stack, verbose=verbose)
    one = begin(target, before, _length(length), message, service, force=force)
    change = f"Users see the maintenance page: {one.span()}"
    output.ask(looking.asked(change, looking.look_at_all(target)), yes=yes)
    target = steps.bring_about(updates, one)
    report = steps.proven(target, steps.SHOWN)
    acted(target, f"maintenance page on: {one.span()}")
    told = notices.send(stack, notices.beginning(target, one))
    _finish(one, report, as_json=as_json, told=told)


@verb("end", procedure="M1, M3", example="maintenance end", exits=_EXITS, within=maintenance_group)
def end(
    stack: options.Stack = None,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """Take page and banner away, and prove that the services serve; also takes back announcing."""
    updates, target, before = _stand(stack, verbose=verbose)
    over = target.maintenance.now if before.is_off else before
    if over.is_off:
        output.say("no maintenance is announced or under way")
    else:
        target = steps.bring_about(updates, OFF)
    report = steps.proven(target, steps.SERVES)
    told = True
    if not report.not_green and not over.is_off:
        acted(target, "maintenance over" if over.mode is Mode.ON else "maintenance cancelled")
        told = notices.send(stack, notices.ending(target, over))
    _finish(OFF, report, as_json=as_json, told=told)


@verb(
    "status",
    procedure="M1",
    example="maintenance status",
    exits="0 the servers show what the config says, 1 they do not, 2 it could not be told",
    within=maintenance_group,
)
def status(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Tell what is announced or under way, whether it is shown, and when the next window is."""
    _, target, configured = _stand(stack)
    report = checks.run(target, checks.select(["maintenance", "overrun"]))
    following = target.maintenance.window.next(_now())
    facts = configured.banner() | {
        "deployed": target.maintenance.now.mode.value,
        "window": str(target.maintenance.window),
        "next_window": moment(following),
    }
    if as_json:
        output.print_json(facts | report.as_json())
    else:
        console = Console()
        show.print_plain(_line(configured), console)
        if configured != target.maintenance.now:
            show.print_plain("the config is ahead of the servers: `pulumi up`", console)
        show.print_plain(f"next window: {moment(following)} ({facts['window']})", console)
        show.show_report(report, console)
    raise typer.Exit(report.exit_code)


def begin(  # noqa: PLR0913 - what a beginning may say
    target: Target,
    before: Maintenance,
    length: timedelta | None,
    message: str | None,
    services: Sequence[str] | None,
    *,
    force: bool,
) -> Maintenance:
    """What is to be under way from now on.

    Raises:
        OperatorError: it was not announced, or this is not the time, and nobody forces it.
    """
    now = _now()
    known = _known(target, services)
    one = maintenance.begun(before, now, length=length, message=message, services=known)
    window = target.maintenance.window
    objections = maintenance.objections_to_beginning(one, before, window, now)
    _say_forced(maintenance.require(objections, force=force))
    return one


def _stand(stack: str | None, *, verbose: bool = False) -> tuple[Updates, Target, Maintenance]:
    updates = Updates(find_project(Path.cwd()), stack, verbose)
    return updates, load_target(stack), maintenance.read(updates)


def _known(target: Target, names: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(servers.find_service(target, name).name for name in names or ())


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _when(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise OperatorError(
            f"--start: {text!r} is no moment; right would be 2026-12-06T02:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _length(text: str | None) -> timedelta | None:
    return timedelta(seconds=duration.seconds(text)) if text else None


def _say_forced(objections: Sequence[str]) -> None:
    for one in objections:
        output.say(f"forced, though {one}")


def _line(one: Maintenance) -> str:
    return "maintenance is off" if one.is_off else f"maintenance is {one.mode}: {one.span()}"


def _finish(one: Maintenance, report: checks.Report, *, as_json: bool, told: bool) -> None:
    if as_json:
        facts: dict[str, Any] = one.banner() | {"told": told}
        output.print_json(facts | report.as_json())
    else:
        typer.echo(_line(one))
        show.show_report(report, Console())
    raise typer.Exit(1 if report.not_green or not told else 0)
