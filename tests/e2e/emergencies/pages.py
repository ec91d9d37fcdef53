"""The emergency pages as they are read at night: blocks of commands, and what each promises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.e2e.conftest import ROOT
from tests.e2e.walk.page import Command, commands

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = ROOT / "docs" / "emergencies"
SURROUNDINGS = ". bin/env prod"
_PROMISE = re.compile(r"\*\*[Ww]ithin (\d+) commands?\*\*")
_BLOCK = re.compile(r"^```console\n.*?^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Commands that are typed one after another."""

    commands: Sequence[Command]
    promise: int | None
    """Within how many of them the page says that it is over."""


def blocks(name: str) -> list[Block]:
    """Those of a page, in order; the surroundings, with which a page begins, are in none."""
    text = (FOLDER / f"{name}.md").read_text()
    typed, end, found = list(commands(text)), 0, []
    for number, block in enumerate(_BLOCK.finditer(text), 1):
        said = _PROMISE.search(text, end, block.start())
        own = [one for one in typed if one.block == number and one.bare != SURROUNDINGS]
        found.append(Block(own, int(said[1]) if said else None))
        end = block.end()
    return found
