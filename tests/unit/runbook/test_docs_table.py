"""The table in docs/runbook.md: every procedure, and no verb or check that is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks import select
from runbook.cli import whole

_TABLE = Path(__file__).parents[3] / "docs" / "runbook.md"
_PROCEDURES = [
    f"{kind}{n}"
    for kind, last in zip("DESBMIQ", (4, 4, 3, 5, 3, 3, 1), strict=True)
    for n in range(1, last + 1)
]


def _rows() -> dict[str, str]:
    cells = re.findall(
        r"^\| ([A-Z]\d) \| [^|]+ \| (.+) \|$", _TABLE.read_text("utf-8"), re.MULTILINE
    )
    return dict(cells)


def test_every_procedure_has_a_row() -> None:
    """The 23 procedures of the runbook, in its order, and nothing else."""
    assert list(_rows()) == _PROCEDURES


@pytest.mark.parametrize("procedure", _PROCEDURES)
def test_every_verb_of_a_row_is_there(procedure: str) -> None:
    """`runbook docker prune` in the table is a command of the CLI."""
    for words in re.findall(r"`runbook ([a-z-]+(?: [a-z-]+)?)", _rows()[procedure]):
        verb, _, sub = words.partition(" ")
        commands = whole().commands
        assert verb in commands
        if hasattr(commands[verb], "commands"):
            assert sub in commands[verb].commands  # type: ignore[attr-defined]


def test_every_check_of_a_row_is_there() -> None:
    """`runbook check D1` in the table selects at least one check."""
    named = re.findall(r"`runbook check ([A-Z]\d)`", _TABLE.read_text("utf-8"))
    assert len(named) > 5
    assert all(select([name]) for name in named)
