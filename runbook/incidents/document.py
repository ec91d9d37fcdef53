"""An incident as a Markdown file: front matter for facts, a section for each text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from common.errors import OperatorError
from runbook.incidents.incident import Event, Incident

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMELINE = "Timeline"
SECTIONS = ("Summary", "Root cause", "Impact", "Resolution", "Action items", "Lessons")
TO_BE_WRITTEN = "_To be written._"

_WHOLE = re.compile(r"\A---\n(?P<facts>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_EVENT = re.compile(r"^- (?P<at>\S+) (?P<who>[^:]+): ?(?P<what>.*)$")
_APART = {"timeline", "sections"}


class DamagedIncidentError(OperatorError):
    """A file in the folder is no incident as this program writes it."""


def text_of(incident: Incident) -> str:
    """The file's text; `parse` gives the incident back."""
    facts = yaml.safe_dump(
        incident.model_dump(mode="json", exclude=_APART), sort_keys=False, allow_unicode=True
    )
    return f"---\n{facts}---\n\n# {incident.title}\n\n" + "\n".join(_sections(incident))


def parse(text: str, file: Path) -> Incident:
    """The incident in a file's text.

    Raises:
        DamagedIncidentError: says what is wrong, and where.
    """
    found = _WHOLE.match(text)
    if not found:
        raise DamagedIncidentError(
            f"{file} has no front matter: it should start with '---', the facts, and '---'"
        )
    sections = _split(found["body"])
    timeline = tuple(_events(sections.pop(TIMELINE, ""), file))
    texts = {name: text for name, text in sections.items() if text != TO_BE_WRITTEN}
    try:
        facts = _facts(found["facts"])
        return Incident.model_validate({**facts, "timeline": timeline, "sections": texts})
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise DamagedIncidentError(f"{file}: {_said(error)}") from error


def event_line(event: Event) -> str:
    """One line of a timeline."""
    who = " ".join(event.who.replace(":", " ").split()) or "somebody"
    return f"- {event.at:%Y-%m-%dT%H:%M:%SZ} {who}: {' '.join(event.what.split())}"


def _facts(text: str) -> dict[str, Any]:
    found = yaml.safe_load(text)
    if not isinstance(found, dict):
        raise TypeError("the front matter is no list of 'name: value'")
    return found


def _sections(incident: Incident) -> Iterator[str]:
    texts = dict(incident.sections)
    summary = texts.pop("Summary", TO_BE_WRITTEN)
    events = "\n".join(event_line(event) for event in incident.timeline)
    known = {name: texts.pop(name, TO_BE_WRITTEN) for name in SECTIONS if name != "Summary"}
    for name, text in {"Summary": summary, TIMELINE: events, **known, **texts}.items():
        yield f"## {name}\n\n{text}\n"


def _split(body: str) -> dict[str, str]:
    parts = _HEADING.split(body)[1:]
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _events(text: str, file: Path) -> Iterator[Event]:
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _EVENT.match(line)
        try:
            yield Event.model_validate(found.groupdict() if found else {})
        except ValidationError as error:
            raise DamagedIncidentError(
                f"{file}: a line of the timeline looks like "
                f"'- 2026-01-31T12:00:00Z who: what', not like {line!r}"
            ) from error


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
    return " ".join(str(error).split())
