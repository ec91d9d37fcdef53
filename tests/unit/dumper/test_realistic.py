"""What comes back of a project like a real one: each kind of object, on both majors.

One dump and three restores a major are looked at from all sides; docs/dumps.md has the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.postgres import MAJORS
from tests.unit.dumper.conftest import Dumper, Place, dumping, set_up
from tests.unit.dumper.kinds import APP, KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

# Servers and repositories of their own, which a busy machine takes its time to start.
pytestmark = pytest.mark.timeout(600)

STAGES = ("proven", "new", "over")
BACK, TOLD, SILENT = "comes back", "told", "nothing is said"


@dataclass(frozen=True)
class Looked:
    """What became of the kinds: stage -> kind -> one of the words above."""

    major: int
    outcomes: dict[str, dict[str, str]]
    not_held: list[str]


def _answer(place: Place, question: str) -> Any:  # noqa: ANN401 - rows
    try:
        return place.admin(question)
    except psycopg.Error as error:
        return str(error)


def _outcome(kind: Kind, source: Place, there: Place, lost: list[str]) -> str:
    if _answer(source, kind.question) == _answer(there, kind.question):
        return BACK
    return TOLD if kind.told and any(kind.told in line for line in lost) else SILENT


@pytest.fixture(scope="module", params=MAJORS, ids=lambda major: f"pg{major}")
def looked(
    request: pytest.FixtureRequest,
    servers_of: Any,  # noqa: ANN401
    binaries: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Looked]:
    """One dump of all kinds, proven, restored to a new project, and over one with other data."""
    folder = tmp_path_factory.mktemp("looked")
    with pytest.MonkeyPatch.context() as patch:
        set_up(folder, binaries, patch)
        with dumping(servers_of(request.param), folder, patch) as made:
            yield _look(made)
            made.source.admin("drop subscription follower")


def _look(dumper: Dumper) -> Looked:
    source = dumper.source
    for kind in KINDS:
        source.sql(kind.make, kind.by)
    taken = dumper.take()
    proof = dumper.prove()
    assert dumper.scratched is not None
    outcomes = {"proven": _outcomes(source, dumper.scratched, proof)}
    new, old = dumper.project(), dumper.project()
    outcomes["new"] = _outcomes(source, new, dumper.restore(new).shown())
    assert new.tables() == source.tables()
    _with_other_data(old)
    done = dumper.restore(old, overwrite=old.name)
    outcomes["over"] = _outcomes(source, old, done.shown())
    assert old.tables() == source.tables()
    return Looked(taken.major, outcomes, taken.not_held)


def _with_other_data(place: Place) -> None:
    """What an older state of the app may have there, and what came after the dump."""
    for kind in KINDS:
        if kind.by == APP:
            place.sql(kind.make)
    place.sql(
        "drop table plain cascade; create table plain (other int); create table later (id int)"
    )
    place.sql("create function later_f() returns int language sql as 'select 1'")


def _outcomes(source: Place, there: Place, shown: dict[str, Any]) -> dict[str, str]:
    lost = [*shown["not_restored"], *shown["of_vendor"]]
    return {kind.name: _outcome(kind, source, there, lost) for kind in KINDS}


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_lost_in_silence(looked: Looked, stage: str) -> None:
    """Each kind comes back with the answer it had, or is told of by its name."""
    silent = [name for name, word in looked.outcomes[stage].items() if word == SILENT]
    assert silent == []


_WORDS = {BACK: "yes", TOLD: "told", SILENT: "**silent**"}
_DOCS = Path(__file__).parents[3] / "docs" / "dumps.md"


def rows(outcomes: dict[str, dict[str, str]]) -> list[str]:
    """The table of the docs: one row a kind, one column a stage."""
    found = []
    for kind in KINDS:
        words = [outcomes[stage][kind.name] for stage in STAGES]
        dumped = BACK if BACK in words else TOLD
        found.append(f"| {' | '.join([kind.name, *(_WORDS[word] for word in (dumped, *words))])} |")
    return found


def test_the_docs_have_the_table(looked: Looked) -> None:
    """Of both majors alike: what is written there is what was seen."""
    text = _DOCS.read_text(encoding="utf-8").splitlines()
    missing = [row for row in rows(looked.outcomes) if row not in text]
    assert missing == []


def test_what_no_dump_holds_is_told_with_it(looked: Looked) -> None:
    """Before anybody relies on it."""
    told = " ".join(looked.not_held)
    for words in (
        "subscription follower",
        "extensions.mine_too",
        "vault.secrets",
        "storage.objects",
    ):
        assert words in told
