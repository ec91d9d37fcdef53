"""`runbook rollback`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import checks
from common.errors import OperatorError
from runbook import interrupted, options, output, servers, show
from runbook.app import verb
from runbook.deploy import before
from runbook.deploy.rollout import labels
from runbook.locks import LockedError
from runbook.monitor import text, watching
from runbook.rollback import choice, emergency
from runbook.stack import find_project, load_target
from runbook.timeline import acting
from runbook.updates import Updates
from runbook.verbs.tags import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from common.target import ServiceTarget, Target
    from runbook.tags import Tag

_CHECKS = ("containers", "health", "spread", "version")
_SETTLE_SECONDS = 60.0
_RATE = 20.0
_EXITS = "0 the tag is served, 1 it is not, or the update failed, 2 a mistake, or nothing was done"


@verb("rollback", procedure="E2, E1", example="rollback nutri-backend", exits=_EXITS)
def rollback(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    name: Annotated[
        str | None, options.maybe_service("the one whose tag was not verified good")
    ] = None,
    tag: Annotated[
        str | None,
        typer.Argument(metavar="TAG", help="Default: the last one that was verified good."),
    ] = None,
    by_docker: Annotated[
        bool,
        typer.Option("--emergency", help="By Docker alone, straight on the server: Coolify down."),
    ] = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """Go back to an earlier tag, and prove that it is served; the config keeps it."""
    updates = Updates(find_project(Path.cwd()), stack, verbose)
    target = load_target(stack)
    good = updates.verified()
    candidates = (servers.find_service(target, name),) if name else target.services
    tags = {service: _configured(updates, service) for service in candidates}
    service = candidates[0] if name else choice.suspect(tags, good)
    left = tags[service]
    to = choice.choose(service, left, good.get(service.name, ()), tag)
    with servers.connect_all(target) as clients:
        choice.require_known(service, to, _known(find(target, service, clients, good)))
    against = before.look(target, service)
    output.ask(before.question(service, f"goes from {left} back to {to}", against), yes=yes)
    roll_back = _by_docker if by_docker else _by_engine
    what = f"rolled {service.name} back from {left} to {to}{' by Docker' * by_docker}"
    with acting(target, what, service.name):
        report = roll_back(target, service, to, updates)
    if as_json:
        output.print_json({"service": service.name, "from": left, "to": to} | report.as_json())
    else:
        show.show_report(report, Console())
        _end(target, service, to, updates)
    raise typer.Exit(min(report.exit_code, 1))


def _end(target: Target, service: ServiceTarget, tag: str, updates: Updates) -> None:
    """What serves, whether it stays, and what to type next."""
    served = service.model_copy(update={"tag": tag})
    for line in interrupted.standing(target, served, _configured(updates, served)):
        typer.echo(line)
    typer.echo(f"next: `runbook status`; forward again: `runbook deploy {service.name} TAG`")


def _configured(updates: Updates, service: ServiceTarget) -> str:
    """The tag that is left: the config's, since the update to it may have failed."""
    return (service.tag_setting and updates.value(service.tag_setting)) or service.tag


def _known(tags: Sequence[Tag]) -> set[str]:
    """The tags that are to be had; none are known when the registry does not answer."""
    if not any(tag.in_registry for tag in tags):
        return set()
    return {tag.name for tag in tags if tag.in_registry or tag.servers}


def _by_engine(target: Target, service: ServiceTarget, tag: str, updates: Updates) -> checks.Report:
    if not service.tag_setting:
        raise OperatorError(
            "the stack's outputs do not tell the setting of the tag yet: run `pulumi up` with this "
            f"program, or set it by hand, or `runbook rollback {service.name} {tag} --emergency`"
        )
    updates.set_value(service.tag_setting, tag)
    output.say(f"{service.tag_setting} is {tag} now; `pulumi up` brings it about:")
    updates.labels.update(labels(service, tag))
    with _watched(target, service):
        is_up = updates.up()
    if not is_up:
        output.say(
            f"the update failed. {service.tag_setting} stays {tag}: mend it and `pulumi up`, or, "
            f"with Coolify down, `runbook rollback {service.name} {tag} --emergency`"
        )
        raise typer.Exit(1)
    report = _verified(load_target(updates.stack), service)
    if report.not_green:
        output.say(
            f"if the update had nothing to do, Coolify has {tag} stored and runs another: "
            f"`runbook restart {service.name}` deploys what is stored"
        )
    return report


def _by_docker(target: Target, service: ServiceTarget, tag: str, updates: Updates) -> checks.Report:
    with servers.connect_all(target) as clients, _watched(target, service):
        for one in emergency.roll_back(service, tag, clients, output.waiting):
            output.say(_done(one, tag))
    _keep(service, tag, updates)
    output.say(
        f"Coolify does not know of this, and `runbook check containers` will say so. When it "
        f"answers again: `runbook rollback {service.name} {tag}`"
    )
    wanted = service.model_copy(update={"tag": tag})
    services = tuple(wanted if one is service else one for one in target.services)
    return _verified(target.model_copy(update={"services": services}), service)


def _keep(service: ServiceTarget, tag: str, updates: Updates) -> None:
    """Let the config keep the tag; a lock that an emergency left behind takes nothing back."""
    if not service.tag_setting:
        return
    try:
        updates.set_value(service.tag_setting, tag)
    except LockedError as error:
        output.say(f"{service.tag_setting} is not {tag} yet, set it once the lock is gone: {error}")


def _done(one: emergency.Replaced, tag: str) -> str:
    if one.container is None:
        return f"{one.replica} runs {tag} already"
    stopped = f"; stopped {', '.join(one.stopped)}" if one.stopped else ""
    return f"{one.replica} runs {tag} in {one.container} after {one.seconds:.0f} s{stopped}"


@contextlib.contextmanager
def _watched(target: Target, service: ServiceTarget) -> Iterator[None]:
    """Watch what users see meanwhile, where they see anything at the start."""
    with contextlib.ExitStack() as stack:
        try:
            monitor = stack.enter_context(watching(target, service, rate=_RATE))
        except OperatorError as error:
            output.say(f"without a monitor: {error}")
            yield
            return
        yield
    for line in text.lines(monitor.report()):
        output.say(line)


def _verified(target: Target, service: ServiceTarget) -> checks.Report:
    only = {(name, service.name) for name in _CHECKS}
    return checks.verify(target, _CHECKS, only=only, settle=service.patience(_SETTLE_SECONDS))
