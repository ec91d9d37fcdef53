"""Where the page of a report leads from where it is written."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from checks.page.links import Links
from runbook.incidents import Folder, told
from runbook.stack import find_project

if TYPE_CHECKING:
    from common.target import Target

_CONSOLE = "https://console.hetzner.com/projects"


def of(target: Target, file: Path | None) -> Links:
    """The addresses for a page that is written to a file."""
    if file is None:
        return Links()
    project, folder = find_project(Path.cwd()), Folder.of_project()
    places = {one.name: _CONSOLE for one in target.servers}
    places |= {one.name: one.url for one in target.services if one.url}
    docs = project / "docs"
    running = folder.running(target.stack)
    return Links(
        subjects=places,
        docs=_from(file, docs),
        procedures=_procedures(docs),
        incidents=[(told.line(one), _from(file, folder.file(one))) for one in running],
    )


def _procedures(docs: Path) -> dict[str, str]:
    """The emergency page of each procedure that has one: `emergencies/E1-outage.md` is E1's."""
    pages = sorted((docs / "emergencies").glob("*.md"))
    named = ((re.match(r"[A-Z]\d", one.name), one.name) for one in pages)
    return {found[0]: f"emergencies/{name}" for found, name in named if found}


def _from(file: Path, place: Path) -> str:
    return Path(os.path.relpath(place.resolve(), file.resolve().parent)).as_posix()
