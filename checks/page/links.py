"""Where the page leads: to services and servers, to the docs, to the incidents that run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checks.page.elements import Child, coded, el

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree import ElementTree as ET

_DOCS = re.compile(r"\bdocs/([\w/-]+\.md)")


@dataclass(frozen=True)
class Links:
    """Addresses; what has none stays a word."""

    subjects: Mapping[str, str] = field(default_factory=dict)
    """Of services and servers, by name."""
    docs: str = ""
    """Of the folder `docs`."""
    procedures: Mapping[str, str] = field(default_factory=dict)
    """The page of each procedure, below the docs."""
    incidents: Sequence[tuple[str, str]] = ()
    """What each that runs says, and its file."""

    def subject(self, name: str) -> ET.Element | str:
        """A service or server, and the way to it."""
        return _to(name, self.subjects.get(name, ""))

    def procedure(self, name: str) -> ET.Element | str:
        """A procedure, and the page that says what to do."""
        page = self.procedures.get(name, "")
        return _to(name, f"{self.docs}/{page}" if page else "")

    def text(self, text: str) -> list[Child]:
        """A text whose parts between backticks are code, and which leads to the pages it names."""
        return [part for one in coded(text) for part in self._leading(one)]

    def _leading(self, one: Child) -> Iterator[Child]:
        if not isinstance(one, str) or not self.docs:
            yield one
            return
        end = 0
        for found in _DOCS.finditer(one):
            yield one[end : found.start()]
            yield _to(found[0], f"{self.docs}/{found[1]}")
            end = found.end()
        yield one[end:]

    def section(self) -> ET.Element | None:
        """The incidents that run."""
        if not self.incidents:
            return None
        items = [el("li", el("p", _to(line, file)), class_="red") for line, file in self.incidents]
        return el(
            "section", el("h2", "Incidents"), el("ul", items, class_="attention"), class_="card"
        )


def _to(text: str, address: str) -> ET.Element | str:
    return el("a", text, href=address) if address else text
