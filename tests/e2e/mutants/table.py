"""The table of mutants, check by world; run as a program it writes docs/mutants.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checks import CHECKS
from tests.e2e.mutants.mutant import mutants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checks.check import AnyCheck
    from tests.e2e.mutants.mutant import Mutant

FILE = Path(__file__).parents[3] / "docs" / "mutants.md"
_HEAD = """# Every check can go red

Each of these worlds is broken on purpose on the local double (`tests/e2e/mutants`): the check that
is for it must turn red, say what is wrong and what to do; every other check must stay as it was.
Mended, all is green again. Worlds of two servers are broken on the platform of `tests/e2e/servers`.
This page is generated: `python -m tests.e2e.mutants.table`.

## Check by world

`●` must be red, `○` may be red too (the same cause, seen from another side), `?` may be unknown.
"""


def text(checks: Sequence[AnyCheck], worlds: Sequence[Mutant]) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_matrix(checks, worlds), "\n## The worlds\n", *_list(worlds), ""])


def _matrix(checks: Sequence[AnyCheck], worlds: Sequence[Mutant]) -> Iterator[str]:
    numbers = range(1, len(worlds) + 1)
    yield "| check | " + " | ".join(map(str, numbers)) + " |"
    yield "|---|" + ":-:|" * len(worlds)
    for check in checks:
        yield f"| {check.id} | " + " | ".join(_cell(check.id, one) for one in worlds) + " |"


def _cell(check: str, one: Mutant) -> str:
    if check == one.check:
        return "●"
    if check in one.also:
        return "○"
    return "?" if one.blind else " "


def _list(worlds: Sequence[Mutant]) -> Iterator[str]:
    yield "| | world | red | may be red as well, since |"
    yield "|--:|---|---|---|"
    for number, one in enumerate(worlds, 1):
        yield f"| {number} | {one.what} | {one.check} of {one.subject} | {_also(one)} |"


def _also(one: Mutant) -> str:
    reasons: dict[str, list[str]] = {}
    for check, why in one.also.items():
        reasons.setdefault(why, []).append(check)
    said = [f"{', '.join(names)}: {why}" for why, names in reasons.items()]
    return "; ".join([*said, *([f"any may be unknown: {one.blind}"] if one.blind else [])])


if __name__ == "__main__":
    FILE.write_text(text(CHECKS, mutants()))
