"""The table of docs/app-double.md: every fact has tests, and the tests are there."""

from __future__ import annotations

import re
from pathlib import Path

from localcloud.node.images import PUBLISHED

_ROOT = Path(__file__).parents[3]
_PAGE = (_ROOT / "docs" / "app-double.md").read_text("utf-8")
_FILES = {
    "B": "tests/unit/localcloud_node/test_app_backend.py",
    "M": "tests/unit/localcloud_node/test_app_ml_service.py",
    "I": "tests/e2e/app/test_app_images.py",
    "D": "tests/e2e/app/test_app_dependencies.py",
}
_DEFINED = re.compile(r"^def (test_\w+)\(", re.MULTILINE)
_NAMED = re.compile(r"([BMID]) `(test_\w+)`")


def _rows() -> list[tuple[str, str]]:
    table = _PAGE.partition("## Fact by fact")[2]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [(row[0], row[1]) for row in rows if row[0] != "fact"]


def _tests() -> dict[str, set[str]]:
    texts = {letter: (_ROOT / file).read_text("utf-8") for letter, file in _FILES.items()}
    return {letter: set(_DEFINED.findall(text)) for letter, text in texts.items()}


def test_every_fact_has_its_tests() -> None:
    """Each cell names at least one, and each of them is there."""
    there = _tests()
    assert len(_rows()) > 30
    for fact, cell in _rows():
        named = _NAMED.findall(cell)
        assert named, fact
        assert [test for letter, test in named if test not in there[letter]] == [], fact


def test_every_test_of_the_double_stands_for_a_fact() -> None:
    """What is tested of the images is in the table."""
    named = set(_NAMED.findall(_PAGE))
    there = {(letter, test) for letter, tests in _tests().items() for test in tests}
    assert there - named == set()


def test_every_tag_is_published() -> None:
    """Those that the page tells of."""
    (table,) = re.findall(r"\| tag of .*?\n\n", _PAGE, re.DOTALL)
    tags = set(re.findall(r"`([a-z]+(?:-[a-z0-9]+)+)`", table.partition("|---|")[2]))
    published = {one.reference.rpartition(":")[2] for one in PUBLISHED}
    assert tags >= {"drain-1", "without-prisma"}
    assert tags - published == set()
