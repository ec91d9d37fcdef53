"""`runbook incident ...`: I1-I3."""

from __future__ import annotations

import enum
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from common.errors import OperatorError
from runbook import notify, operator, options, output, show
from runbook.app import group, verb
from runbook.incidents import Event, Folder, Incident, Severity, State, postmortem, told
from runbook.incidents.updates import with_updates
from runbook.stack import StackError, find_project
from runbook.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Role(enum.StrEnum):
    """What people do in an incident, besides mending it."""

    LEAD = "lead"
    SCRIBE = "scribe"
    COMMUNICATIONS = "communications"


incident = group("incident", "Lead an incident: detect, acknowledge, mitigate, close, learn.")

Id = Annotated[
    str | None, typer.Option("--id", help="As in 2026-01-31-1. Default: the one that is open.")
]
At = Annotated[
    str | None, typer.Option("--at", help="When it was: an ISO time, UTC if bare. Default: now.")
]
Tell = Annotated[bool, typer.Option("--notify", help="Also send it to the notification URLs.")]
Who = Annotated[
    str | None, typer.Option("--who", help="Default: NUTRI_OPERATOR, or this machine's user.")
]
Text = Annotated[str, typer.Argument(metavar="TEXT")]
How = Annotated[str, typer.Argument(metavar="HOW", help="By what, in a few words.")]


@verb("open", procedure="I1, I2", example='incident open "API answers 502" -p P1', within=incident)
def open_(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What users see.")],
    severity: Annotated[
        Severity,
        typer.Option("--severity", "-p", case_sensitive=False, help="P1 is the worst."),
    ],
    owner: Annotated[
        str | None, typer.Option("--owner", help="Also acknowledge it, for this person.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Of the first failure: an ISO time, UTC if bare.")
    ] = None,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="Default: none.")
    ] = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Open an incident; its response clock runs from here: P1 15 min, P2 1 h, P3 4 h, P4 24 h."""
    moment = _moment(at)
    first = Event(at=moment, who=owner or operator.name(), what=f"opened as {severity}: {title}")

    def make(number: str) -> Incident:
        made = Incident(
            id=number,
            title=" ".join(title.split()),
            severity=severity,
            stack=stack,
            opened=moment,
            failing_since=_moment(since) if since else None,
            timeline=(first,),
        )
        return made.acknowledge(owner, moment) if owner else made

    if not title.strip():
        raise OperatorError('an incident needs a title, as in "API answers 502"')
    folder = Folder.of_project()
    _tell(folder, folder.add(moment, make), as_json=as_json, tell=tell)


@verb("ack", procedure="I2", example="incident ack --owner ana", within=incident)
def ack(
    owner: Annotated[
        str | None, typer.Option("--owner", help="Default: NUTRI_OPERATOR, or you.")
    ] = None,
    number: Id = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Acknowledge: somebody is on it. Again, with another --owner, hands it over."""
    _change(
        number,
        lambda one: one.acknowledge(owner or operator.name(), _moment(at)),
        tell,
        as_json=as_json,
    )


@verb("note", procedure="I2", example='incident note "proxy restarted" --notify', within=incident)
def note(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    text: Text,
    by: Who = None,
    number: Id = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Add a line to the timeline; with --notify it is the word to the outside, too."""
    event = Event(at=_moment(at), who=by or operator.name(), what=text)
    _change(number, lambda one: one.with_event(event), tell, as_json=as_json)


@verb("mitigated", procedure="I2", example='incident mitigated "rolled back"', within=incident)
def mitigated(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    how: How = "",
    by: Who = None,
    number: Id = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Users are well again; the duration counts to here."""
    _change(
        number,
        lambda one: one.mitigate(by or operator.name(), _moment(at), how),
        tell,
        as_json=as_json,
    )


@verb("close", procedure="I2", example='incident close "fixed in good-3"', within=incident)
def close(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    how: How = "",
    by: Who = None,
    number: Id = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Nothing is left to do but the post-mortem; the stack's updates join the timeline."""
    moment = _moment(at)
    _change(
        number,
        lambda one: _with_updates(one.close(by or operator.name(), moment, how)),
        tell,
        as_json=as_json,
    )


@verb("severity", procedure="I1", example='incident severity P2 "one path only"', within=incident)
def severity_(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    severity: Annotated[
        Severity,
        typer.Argument(metavar="SEVERITY", case_sensitive=False, help="P1 to P4; P1 is the worst."),
    ],
    why: Annotated[str, typer.Argument(metavar="WHY", help="In a few words.")] = "",
    by: Who = None,
    number: Id = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Change the severity; the response clock runs from the opening all the same."""
    _change(
        number,
        lambda one: one.with_severity(severity, by or operator.name(), _moment(at), why),
        tell,
        as_json=as_json,
    )


@verb("role", procedure="I2", example="incident role scribe eva", within=incident)
def role_(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="lead, scribe or communications.")],
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who has it from now on.")],
    number: Id = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Give a role: who leads, who writes the timeline, who tells people."""
    _change(
        number,
        lambda one: one.with_role(role.value, person, operator.name(), _moment(at)),
        tell,
        as_json=as_json,
    )


@verb("reopen", procedure="I2", example='incident reopen "502 again"', within=incident)
def reopen(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    why: Annotated[str, typer.Argument(metavar="WHY", help="In a few words.")] = "",
    by: Who = None,
    number: Id = None,
    at: At = None,
    tell: Tell = False,
    as_json: options.Json = False,
) -> None:
    """Go on with an incident that was mitigated or closed too early."""
    _change(
        number,
        lambda one: one.reopen(by or operator.name(), _moment(at), why),
        tell,
        as_json=as_json,
    )


@verb("done", procedure="I3", example='incident done "add an alert"', within=incident)
def done(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="That only this item has.")],
    number: Annotated[
        str | None, typer.Option("--id", help="As in 2026-01-31-1. Default: the newest.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Tick an action item of a post-mortem."""
    folder = Folder.of_project()
    _change(_newest(folder, number), lambda one: one.with_done(words), tell=False, as_json=as_json)


@verb("list", procedure="I1, I2", example="incident list --all", within=incident)
def list_(
    every: Annotated[bool, typer.Option("--all", "-a", help="Those that are closed too.")] = False,
    as_json: options.Json = False,
) -> None:
    """List what is open, with its response clock; an overdue acknowledgement is exit code 1."""
    folder, now = Folder.of_project(), _now()
    found = folder.all() if every else folder.running()
    if as_json:
        output.print_json({"incidents": [_as_json(one, folder) for one in found]})
    elif found:
        show.show_incidents(found, now, Console())
    else:
        typer.echo("no incident is open")
    raise typer.Exit(int(any(one.is_overdue(now) for one in found)))


@verb(
    "postmortem",
    procedure="I3",
    example='incident postmortem --root-cause "..." --action "ana: add an alert"',
    exits="0 complete, 1 something is still to be written, 2 a mistake",
    within=incident,
)
def write_postmortem(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    number: Annotated[
        str | None, typer.Argument(metavar="ID", help="Default: the newest incident.")
    ] = None,
    summary: Annotated[str | None, typer.Option("--summary")] = None,
    root_cause: Annotated[str | None, typer.Option("--root-cause")] = None,
    impact: Annotated[str | None, typer.Option("--impact", help="In words.")] = None,
    users: Annotated[str | None, typer.Option("--users", help="How many were affected.")] = None,
    failed_requests: Annotated[int | None, typer.Option("--failed-requests", min=0)] = None,
    resolution: Annotated[str | None, typer.Option("--resolution")] = None,
    actions: Annotated[
        list[str] | None, typer.Option("--action", help='"who: what, by when"; may be repeated.')
    ] = None,
    lessons: Annotated[list[str] | None, typer.Option("--lesson", help="May be repeated.")] = None,
    well: Annotated[
        list[str] | None, typer.Option("--well", help="What went well; may be repeated.")
    ] = None,
    wrong: Annotated[
        list[str] | None, typer.Option("--wrong", help="What went wrong; may be repeated.")
    ] = None,
    lucky: Annotated[
        list[str] | None, typer.Option("--lucky", help="Where we were lucky; may be repeated.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Write the post-mortem beside the incident. Texts are kept there, and may be edited there."""
    texts = {
        "Summary": summary,
        "Root cause": root_cause,
        "Impact": impact,
        "Resolution": resolution,
        "Action items": _bullets(actions, "- [ ] "),
        "Lessons": _lessons({"": lessons, "well": well, "wrong": wrong, "lucky": lucky}),
    }
    facts = {"users_affected": users, "failed_requests": failed_requests}
    folder = Folder.of_project()
    kept = folder.change(
        _newest(folder, number), lambda one: _filled(_with_updates(one), texts, facts)
    )
    file = folder.write_postmortem(kept, postmortem.render(kept, _now()))
    missing = postmortem.missing(kept)
    if as_json:
        output.print_json({"file": str(file), "missing": missing})
    else:
        typer.echo(f"{file} is written")
        if missing:
            typer.echo(f"still to be written: {', '.join(missing)}")
    raise typer.Exit(int(bool(missing)))


def _with_updates(one: Incident) -> Incident:
    """The updates of the stack meanwhile, whoever ran them; none when its history is not here."""
    if one.stack is None:
        return one
    try:
        history = Updates(find_project(Path.cwd()), one.stack).history()
    except StackError as error:
        output.say(f"the updates of stack {one.stack} are not in the timeline: {error}")
        return one
    return with_updates(one, history, _now())


def _filled(one: Incident, texts: dict[str, str | None], facts: Mapping[str, object]) -> Incident:
    given_texts = {name: _demoted(text) for name, text in texts.items() if text}
    sections = one.sections | given_texts
    given = {name: value for name, value in facts.items() if value is not None}
    return one.model_copy(update={"sections": sections, **given})


def _demoted(text: str) -> str:
    """A text whose headings do not start a section of the file."""
    return re.sub(r"^##? ", "### ", text, flags=re.MULTILINE).strip()


def _bullets(items: list[str] | None, mark: str) -> str | None:
    return "\n".join(mark + " ".join(item.split()) for item in items) if items else None


def _lessons(items: Mapping[str, list[str] | None]) -> str | None:
    """One list: each item with what it is, where that was said."""
    found = [_bullets(texts, f"- {kind}: " if kind else "- ") for kind, texts in items.items()]
    return "\n".join(filter(None, found)) or None


def _newest(folder: Folder, number: str | None) -> str:
    if number:
        return number
    found = folder.all()
    if not found:
        raise OperatorError(f"there is no incident in {folder.path}")
    return found[0].id


def _change(
    number: str | None, how: Callable[[Incident], Incident], tell: bool, *, as_json: bool
) -> None:
    folder = Folder.of_project()
    _tell(folder, folder.change(folder.find(number).id, how), as_json=as_json, tell=tell)


def _tell(folder: Folder, one: Incident, *, as_json: bool, tell: bool) -> None:
    if as_json:
        output.print_json(_as_json(one, folder))
    else:
        typer.echo(f"{told.line(one)}\n  {folder.file(one)}\n  {told.following(one)}")
    if tell:
        notifier = notify.Notifier(notify.urls(one.stack))
        if not notifier:
            raise OperatorError(
                f"it is kept, but nobody was told: set {notify.VARIABLE}, or the stack's secret "
                f"{notify.SETTING}"
            )
        bad = one.state in {State.OPEN, State.ACKNOWLEDGED}
        notifier.send(notify.Message(told.line(one), told.push(one), bad))


def _as_json(one: Incident, folder: Folder) -> dict[str, object]:
    clock = {
        "state": one.state.value,
        "respond_by": one.respond_by.isoformat(),
        "overdue": one.is_overdue(_now()),
        "file": str(folder.file(one)),
    }
    return one.model_dump(mode="json") | clock


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _moment(text: str | None) -> datetime:
    if text is None:
        return _now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise OperatorError(
            f"--at {text!r} is no ISO time; right would be 2026-01-31T12:00 (UTC)"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
