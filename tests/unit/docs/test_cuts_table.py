"""The matrix of cuts: its results in the docs, and what belongs to it."""

from __future__ import annotations

import json

from tests.e2e.cuts import report, sample
from tests.e2e.cuts.moments import DEPLOYS, FIRST, MOMENTS
from tests.e2e.cuts.table import CUTS

_ROW = {"moment": "a", "cut": "b", "ended": 1, "ended_s": 2.4, "healed_s": 30.6}


def test_the_documents_table_is_of_what_was_kept() -> None:
    """`python -m tests.e2e.cuts.report` writes it."""
    rows = report.RESULTS.rows()
    assert len(rows) > 8
    text = report.RESULTS.document.read_text()
    assert report.RESULTS.shown(text, rows) == text


def test_what_was_kept_is_of_the_matrix() -> None:
    """A moment or a cut that is renamed is renamed there."""
    known = {sample.name(*one) for one in sample.pairs((*MOMENTS, *FIRST), CUTS)}
    kept = {f"{row['moment']} x {row['cut']}" for row in report.RESULTS.rows()}
    assert kept <= known


def test_the_newest_green_result_counts() -> None:
    """A red one is no result: it becomes a test."""
    newer = _ROW | {"healed_s": 9.0, "said": "x", "red": ""}
    red = _ROW | {"cut": "c", "said": "x", "red": "two containers"}
    lines = "\n".join(json.dumps(one) for one in (newer, red))
    assert report.gathered([_ROW], lines) == [_ROW | {"healed_s": 9.0}]
    assert "| a | b | after 2 s, code 1 | 31 s |" in report.table([_ROW])
    assert "green all the same" in report.table([_ROW | {"ended": 0}])


def test_only_what_is_there_is_cut() -> None:
    """No command around a bare engine, no engine in a restore, no action in a deploy."""
    found = {sample.name(*one) for one in sample.pairs(MOMENTS, CUTS)}
    assert "runbook deploy: new container x the command killed" in found
    assert "deploy: verification x the command killed" not in found
    assert "restore to scratch x the engine killed" not in found
    assert "resize: the server is off x an action in error" in found
    assert "deploy: verification x an action in error" not in found


def test_a_sample_is_the_seeds() -> None:
    """The same every time, and one cut for each moment of a first update."""
    assert sample.some(DEPLOYS, CUTS, 2) == sample.some(DEPLOYS, CUTS, 2)
    assert [moment for moment, _ in sample.one_each(FIRST, CUTS)] == list(FIRST)
