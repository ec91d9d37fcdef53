"""A page of the docs as an operator's shell sees it: its commands, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PROMPT = "$ "


@dataclass(frozen=True)
class Command:
    """One line behind a prompt."""

    line: int
    """Of the page."""
    text: str
    block: int

    def filled(self, values: Mapping[str, str]) -> str:
        """The command with the operator's own values in place of the page's."""
        text = self.text
        for shown, own in values.items():
            text = text.replace(shown, own)
        return text

    @property
    def bare(self) -> str:
        """Without its comment."""
        return self.text.partition("  #")[0].strip()

    @property
    def pasted(self) -> str | None:
        """The setting whose value the command asks for, and that is pasted."""
        words = self.bare.split()
        if words[:3] != ["pulumi", "config", "set"] or "--secret" not in words or "<" in words:
            return None
        return words[-1]


def commands(page: str) -> Iterator[Command]:
    """Every command of a page."""
    for number, block in enumerate(_BLOCK.finditer(page), 1):
        first = page.count("\n", 0, block.start(1)) + 1
        for offset, line in enumerate(block[1].splitlines()):
            if line.startswith(_PROMPT):
                yield Command(first + offset, line.removeprefix(_PROMPT), number)
