"""Commands that the program's own texts print, as its source has them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
_COMMAND = re.compile(r"`((?:pulumi|runbook) [^`]+)`")
_GAP = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for what the program puts in."""


@dataclass(frozen=True, order=True)
class Printed:
    """A command in a text of a file."""

    file: str
    text: str

    def matches(self, command: str) -> bool:
        """Whether this may be what is printed as that command."""
        pattern = ".+".join(map(re.escape, self.text.split(_GAP)))
        return re.fullmatch(pattern, command) is not None

    def __str__(self) -> str:
        """For the name of a test."""
        return f"{self.file}: {self.text}"


def printed(*folders: str) -> list[Printed]:
    """All commands in backquotes in the texts of some packages; those of docstrings aside."""
    return sorted({one for folder in folders for one in _of(ROOT / folder)})


def _of(folder: Path) -> Iterator[Printed]:
    for file in folder.rglob("*.py"):
        tree = ast.parse(file.read_text())
        skipped = _docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                skipped |= {id(part) for part in node.values}
            if id(node) not in skipped and (text := _text(node)):
                for command in _COMMAND.findall(text):
                    yield Printed(str(file.relative_to(ROOT)), command)


def _docstrings(tree: ast.AST) -> set[int]:
    """Texts that stand alone are for the reader of the source."""
    return {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else _GAP for part in node.values
    )
