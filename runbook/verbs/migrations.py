"""`runbook migrations ...`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from common.errors import OperatorError
from runbook import logs, options, output, servers, show
from runbook.app import group, verb
from runbook.deploy import before, require_tag
from runbook.migrate import Migration, Outcome, migrate, pending
from runbook.migrate.checkout import Checkout
from runbook.migrate.live import LiveTools
from runbook.monitor import text, watching
from runbook.stack import find_project, load_target
from runbook.timeline import acted
from runbook.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target
    from runbook.migrate.pending import Migrations

migrations_group = group("migrations", "The database's migrations, by the app's own images.")

_RATE = 20.0
_EXITS = (
    "0 the tag serves, with the database it needs, 1 it failed, or a request was dropped, "
    "2 a mistake, or it was refused"
)
_Service = Annotated[str | None, options.maybe_service("the one that has Prisma's URL")]
_From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="PATH",
        help="A checkout of the app with its dependencies, for images without Prisma.",
    ),
]
_Tag = Annotated[str, typer.Argument(metavar="TAG", help="As the registry has it.")]


@verb(
    "status",
    procedure="Q1, M3",
    example="migrations status",
    exits="0 up to date, 1 pending, failed or diverged, 2 it could not be told",
    within=migrations_group,
)
def status(
    tag: Annotated[
        str | None, typer.Option("--tag", help="As this image sees it. Default: the running one.")
    ] = None,
    checkout: _From = None,
    service: _Service = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Tell which migrations the database has had, by Prisma in a container or a checkout."""
    target = load_target(stack)
    chosen = _holder(target, service)
    by_tag = bool(tag or checkout or target.maintenance.migrate_image)
    found = (
        _by_tag(target, chosen, tag or chosen.tag, stack, checkout)
        if by_tag
        else _by_running(target, chosen)
    )
    _tell(found, as_json=as_json)
    raise typer.Exit(int(found.state is not pending.State.UP_TO_DATE))


@verb(
    "run",
    procedure="M3",
    example="migrations run good-2",
    exits=_EXITS,
    within=migrations_group,
)
def run(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    tag: _Tag,
    no_maintenance: Annotated[
        bool,
        typer.Option(
            "--no-maintenance",
            help="Skip the page; only if the running version works with the new schema.",
        ),
    ] = False,
    without_dump: Annotated[
        bool, typer.Option("--without-dump", help="Though there is no way back then.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Maintenance unannounced, or outside of its window.")
    ] = False,
    checkout: _From = None,
    service: _Service = None,
    stack: options.Stack = None,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """Bring a tag into service whose image changes the database: page, dump, migrate, deploy.

    Cut off or failed, the same line goes on with what is left.
    """
    target = load_target(stack)
    chosen = _holder(target, service)
    require_tag(target, chosen, tag)
    against = before.look(target, chosen)
    change = f"goes to {tag}, its database migrates"
    output.ask(before.question(chosen, change, against), yes=yes)
    tools = _tools(target, chosen, tag, stack, checkout, force=force, verbose=verbose)
    wanted = Migration(chosen.name, tag, with_page=not no_maintenance, with_dump=not without_dump)
    dropped: list[int] = []
    with _watched(target, chosen, dropped) if no_maintenance else contextlib.nullcontext():
        done = migrate(wanted, tools, output.say)
    applied = ", ".join(done.applied) or "none"
    acted(
        target,
        f"migrated {chosen.name} to {tag}: {done.problem or 'applied ' + applied}",
        chosen.name,
        result="failed" if done.problem else "done",
    )
    _print(done, as_json=as_json, dropped=sum(dropped))
    raise typer.Exit(int(not done.is_good or sum(dropped) > 0))


@verb(
    "resolve",
    procedure="M3",
    example="migrations resolve good-2 20260302000000_broken",
    within=migrations_group,
)
def resolve(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    tag: _Tag,
    name: Annotated[str, typer.Argument(metavar="MIGRATION", help="The one that failed.")],
    checkout: _From = None,
    service: _Service = None,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Take a failed migration for rolled back, once the database is as before it."""
    target = load_target(stack)
    chosen = _holder(target, service)
    tools = _tools(target, chosen, tag, stack, checkout)
    output.confirm(f"Is the database as before {name}?", yes=yes)
    code, words = tools.resolve(name)
    if code:
        raise OperatorError(f"Prisma refuses: {words.strip().splitlines()[-1]}")
    _tell(tools.status(), as_json=as_json)


def _holder(target: Target, service: str | None) -> ServiceTarget:
    """The service that is named, or whose use of the database the stack knows of, or the only one.

    Raises:
        OperatorError: it could be any of them.
    """
    only = target.services[0].name if len(target.services) == 1 else ""
    known = service or (target.database and target.database.service) or only
    if not known:
        raise OperatorError("no service of this stack has the database's URL; name one")
    return servers.find_service(target, known)


def _tell(found: Migrations, *, as_json: bool) -> None:
    if as_json:
        told = {"state": found.state.value, "migrations": found.names, "applied": found.applied}
        output.print_json(told)
    else:
        typer.echo(str(found))


def _tools(  # noqa: PLR0913 - what the verbs are given
    target: Target,
    service: ServiceTarget,
    tag: str,
    stack: str | None,
    checkout: Path | None,
    *,
    force: bool = False,
    verbose: bool = False,
) -> LiveTools:
    folder = Checkout(checkout.resolve(), tag, target.vantage) if checkout else None
    updates = Updates(find_project(Path.cwd()), stack, verbose)
    return LiveTools(updates, target, service, tag, force, folder)


def _by_tag(
    target: Target, service: ServiceTarget, tag: str, stack: str | None, checkout: Path | None
) -> Migrations:
    with output.busy("asking Prisma"):
        return _tools(target, service, tag, stack, checkout).status()


def _by_running(target: Target, service: ServiceTarget) -> Migrations:
    with servers.connect_all(target) as clients, output.busy("asking Prisma"):
        running = [one for one in logs.find_sources(clients, service) if one.container.runs]
        if not running:
            raise OperatorError(f"no container of {service.name} runs; `runbook status`")
        source = running[0]
        return pending.ask(source.client, source.container.id, source.container.image)


@contextlib.contextmanager
def _watched(target: Target, service: ServiceTarget, dropped: list[int]) -> Iterator[None]:
    with watching(target, service, rate=_RATE) as monitor:
        yield
    report = monitor.report()
    dropped.append(report.failed)
    for line in text.lines(report):
        output.say(line)


def _print(done: Outcome, *, as_json: bool, dropped: int) -> None:
    if as_json:
        output.print_json(done.as_json() | {"dropped": dropped})
        return
    typer.echo(f"applied: {', '.join(done.applied) or 'nothing'}")
    if done.report:
        show.show_report(done.report, Console())
    if done.problem:
        output.say(done.problem)
