"""The page of mutants is generated, and current."""

from __future__ import annotations

from checks import CHECKS
from tests.e2e.mutants.mutant import mutants
from tests.e2e.mutants.table import FILE, text


def test_the_table_is_current() -> None:
    """Run `python -m tests.e2e.mutants.table` after a change."""
    assert FILE.read_text() == text(CHECKS, mutants())
