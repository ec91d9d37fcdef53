"""The emergency pages: what each promises, and what was measured."""

from __future__ import annotations

from tests.e2e.emergencies import report
from tests.e2e.emergencies.nights import NIGHTS
from tests.e2e.emergencies.pages import FOLDER, SURROUNDINGS, blocks


def test_the_documents_table_is_of_what_was_kept() -> None:
    """`python -m tests.e2e.emergencies.report` writes it."""
    rows = report.RESULTS.rows()
    text = report.RESULTS.document.read_text()
    assert report.RESULTS.shown(text, rows) == text


def test_every_promise_has_a_night() -> None:
    """No page says how many commands it takes without a world that counts them."""
    known = {(one.page, one.block) for one in NIGHTS}
    for page in sorted(FOLDER.glob("*.md")):
        promised = [n for n, one in enumerate(blocks(page.stem)) if one.promise]
        assert promised, page.name
        assert {(page.stem, number) for number in promised} <= known


def test_what_was_measured_keeps_the_promise() -> None:
    """As many commands as the page says, or fewer."""
    for row in report.RESULTS.rows():
        promise = blocks(row["page"])[row["block"]].promise
        assert promise
        assert row["commands"] <= promise, row


def test_commands_are_read_as_they_are_printed() -> None:
    """Without the surroundings, with which each page begins."""
    first, second = blocks("E1-outage")
    assert [one.bare.split()[:2] for one in first.commands] == [
        ["runbook", "incident"],
        ["runbook", "incident"],
        ["runbook", "outage"],
    ]
    assert (first.promise, second.promise) == (3, None)
    assert SURROUNDINGS not in {one.bare for one in (*first.commands, *second.commands)}
