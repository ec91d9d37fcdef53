"""What failed at its first try is noted over runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import first_try

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout and a cache of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUTRI_CACHE", str(tmp_path / "cache"))
    return tmp_path


def _failed(folder: Path, *tests: str) -> None:
    path = folder / ".pytest_cache/v/cache/lastfailed"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict.fromkeys(tests, True)))


def test_files_of_failed_tests_are_named_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the run that follows."""
    _failed(folder, "tests/b.py::test_two", "tests/a.py::test_one[x::y]", "tests/b.py::test_one")
    assert first_try.main(["unit"]) == 0
    assert capsys.readouterr().out == "tests/a.py\ntests/b.py\n"


def test_a_run_that_could_not_begin_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    """As one with a conftest that cannot be read."""
    first_try.main(["unit"])
    assert capsys.readouterr().out == ""


def test_the_newest_ten_runs_of_each_suite_are_counted(folder: Path) -> None:
    """A green run counts among those looked at."""
    first_try.note("e2e", ["tests/e.py::test_e"])
    _failed(folder, "tests/a.py::test_one")
    first_try.main(["unit"])
    for _ in range(8):
        first_try.note("unit", [])
    assert first_try.report() == "1 of 1: tests/e.py::test_e\n1 of 9: tests/a.py::test_one"
    for _ in range(2):
        first_try.note("unit", [])
    assert first_try.report() == "1 of 1: tests/e.py::test_e"


def test_nothing_noted(capsys: pytest.CaptureFixture[str]) -> None:
    """Says so."""
    assert first_try.main([]) == 0
    assert capsys.readouterr().out == "no test failed at its first try in 0 runs\n"
