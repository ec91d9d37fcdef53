"""Names as people type them: whole, or any part that only one of them has."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence


def pick(word: str, names: Sequence[str], noun: str) -> str:
    """Return the name that a word stands for: itself, or the only one it is a part of.

    Raises:
        OperatorError: it stands for none, or for more than one; the nearest are named.
    """
    if word in names:
        return word
    holding = [name for name in names if word.casefold() in name.casefold()]
    if len(holding) == 1:
        return holding[0]
    if holding:
        raise OperatorError(f"{word} could be any {noun} of {', '.join(holding)}: name one")
    near = difflib.get_close_matches(word, names, 1, 0.4)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise OperatorError(f"no such {noun}: {word}.{meant} This stack has: {', '.join(names)}")
