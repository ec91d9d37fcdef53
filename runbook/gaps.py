"""Holes of a set-up: nothing is wrong, and something would be missed on the day it is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from rich.text import Text

from runbook import notify
from runbook.rotate.journal import SETTING
from runbook.stack import find_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from common.target import Target

_EXPORTED, _ROTATED = "kit-exported", "secret-changed"
_OLD_DAYS = 90


@dataclass(frozen=True)
class Hole:
    """What is missing, and how it is had."""

    what: str
    remedy: str


def look(target: Target, project: Path) -> tuple[Hole, ...]:
    """Every hole of a stack, as far as it can be seen from here."""
    return (*_of_target(target), *_of_people(target, project), *_half_done(target, project))


def _of_target(target: Target) -> Iterator[Hole]:
    if target.dumps is None:
        why = "no dumps of the database are taken: what is deleted in it by mistake is gone"
        yield Hole(why, "`pulumi config set dumps true`, then `pulumi up`; docs/dumps.md")
    if not target.expectations.backups:
        why = "Hetzner's backups of the server are off: a spoilt disk has no way back"
        yield Hole(why, "`pulumi config set backups true`, then `pulumi up`")
    for service in target.services:
        if service.replicas == 1 and service.rollout == "start-first":
            why = f"{service.name} has one replica: it is away while that one is ill"
            setting = f"`pulumi config set --path nutri:services.{service.name}.replicas 2`"
            yield Hole(why, f"{setting}, then `pulumi up`")


def _of_people(target: Target, project: Path) -> Iterator[Hole]:
    if not notify.urls(target.stack):
        why = "nobody is told when something turns red"
        yield Hole(why, "`pulumi config set --secret nutri:notifyUrls ...`, and `runbook watch`")
    exported = when_exported(project, target.stack)
    remedy = f"`runbook recovery-kit export nutri-{target.stack}.kit`"
    if exported is None:
        yield Hole("no recovery kit was exported from here", remedy)
    elif (days := (datetime.now(UTC) - exported).days) > _OLD_DAYS:
        yield Hole(f"the recovery kit was exported {days} days ago", remedy)
    elif (changed := _moment(_file(project, target.stack, _ROTATED))) and changed > exported:
        yield Hole("a secret was changed since the recovery kit was exported", remedy)


def _half_done(target: Target, project: Path) -> Iterator[Hole]:
    """Rotations that were stopped: of the config's file, where the names are no secret."""
    try:
        written = yaml.safe_load((project / f"Pulumi.{target.stack}.yaml").read_text())
        kinds = dict(written["config"].get(SETTING) or {})
    except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError, ValueError):
        return
    for kind in kinds:
        name = " NAME" if kind == "app-secret" else ""
        why = f"{kind} is being changed: the old one may still be good"
        yield Hole(why, f"`runbook rotate {kind}{name}` goes on")


def show(holes: tuple[Hole, ...], console: Console) -> None:
    """Yellow: they fail nothing."""
    for hole in holes:
        line = Text.assemble(("HOLE    ", "bold yellow"), hole.what)
        console.print(line, soft_wrap=True, highlight=False)
        console.print(Text(f"        -> {hole.remedy}"), soft_wrap=True, highlight=False)


def note_export(project: Path, stack: str, at: datetime) -> None:
    """Remember that a kit was exported, for those who look from this clone."""
    _note(_file(project, stack, _EXPORTED), at)


def note_rotation(project: Path, stack: str, at: datetime) -> None:
    """Remember that a secret was changed: kits of before hold the old one."""
    _note(_file(project, stack, _ROTATED), at)


def _note(file: Path, at: datetime) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(at.isoformat())


def when_exported(project: Path, stack: str) -> datetime | None:
    """When a kit was exported from this clone; None where none was."""
    return _moment(_file(project, stack, _EXPORTED))


def _moment(file: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(file.read_text().strip())
    except (OSError, ValueError):
        return None


def _file(project: Path, stack: str, name: str) -> Path:
    return project / ".local" / "recovery" / stack / name


def of(target: Target) -> tuple[Hole, ...]:
    """Every hole of a stack, seen from the project of the folder this runs in."""
    return look(target, find_project(Path.cwd()))


def told(target: Target) -> list[tuple[str, str]]:
    """The same as the page takes them: what is missing, and how it is had."""
    return [(one.what, one.remedy) for one in of(target)]
