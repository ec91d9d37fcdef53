"""The skeleton: what is noted, what is told, and that it goes on where it stood."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from common.errors import OperatorError
from runbook.rotate import Pair, RotationError, Step, StepFailedError, given, made, rotate
from runbook.rotate.config import Config, _key
from runbook.rotate.journal import SETTING
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.unit.runbook.conftest import FakePulumi
    from tests.unit.runbook.rotate.conftest import FakeScene

SECRET = "n0body-may-see-this"


class _Rotation:
    secret = "registry-password"
    old_works = False

    def __init__(self, *steps: Step) -> None:
        self._steps = steps

    def steps(self) -> Sequence[Step]:
        return self._steps

    def left(self) -> Sequence[str]:
        return ("tell the others",)


def _fails() -> str:
    raise OperatorError("no route to host")


def test_every_step_is_told_with_what_it_saw() -> None:
    """And what is left for a human."""
    said: list[str] = []
    done = rotate(_Rotation(Step("one", lambda: "seen"), Step("two", lambda: "401")), said.append)
    assert said == ["  1 of 2  one: seen", "  2 of 2  two: 401"]
    assert done.proved == ["one: seen", "two: 401"]
    assert done.left == ("tell the others",)
    assert not done.old_works


def test_a_failed_step_is_named_with_the_way_on() -> None:
    """The steps after it are not taken."""
    last = Step("two", lambda: pytest.fail("it was taken all the same"))
    with pytest.raises(StepFailedError) as caught:
        rotate(_Rotation(Step("one", _fails), last), lambda _line: None)
    assert "step 1 of 2 (one) failed: no route to host" in str(caught.value)
    assert "the same command goes on" in str(caught.value)


def _interrupted() -> str:
    raise KeyboardInterrupt


def test_whoever_interrupts_it_is_told_how_it_goes_on() -> None:
    """At which step, too."""
    with pytest.raises(KeyboardInterrupt, match=r"step 1 of 1 \(one\); the same command goes on"):
        rotate(_Rotation(Step("one", _interrupted)), lambda _line: None)


def test_a_rotation_is_noted_and_forgotten(scene: FakeScene) -> None:
    """Nothing of it stays in the config."""
    journal = scene.journal("ssh-key")
    assert journal.read() is None
    journal.begin(Pair("a", "b"))
    assert journal.read() == Pair("a", "b")
    journal.end()
    assert SETTING not in scene.config.values
    journal.end()


def test_the_end_of_one_leaves_another(scene: FakeScene) -> None:
    """Two kinds may be under way."""
    scene.journal("ssh-key").begin(Pair("a", "b"))
    other = scene.journal("app-secret")
    other.begin(Pair("c", "d", "nutri-backend.JWT_SECRET"))
    other.end()
    assert scene.journal("ssh-key").read() == Pair("a", "b")


def test_one_cut_off_while_it_was_noted_begins_anew(scene: FakeScene) -> None:
    """Nothing was changed by then, so no half of it counts."""
    scene.config.dies_after = 1
    with pytest.raises(KeyboardInterrupt):
        scene.journal("ssh-key").begin(Pair("a", "b"))
    scene.config.dies_after = None
    assert scene.journal("ssh-key").read() is None
    scene.journal("ssh-key").begin(Pair("c", "d"))
    assert scene.journal("ssh-key").read() == Pair("c", "d")


def test_a_pair_shows_nothing() -> None:
    """Wherever it is printed."""
    assert SECRET not in repr(Pair(SECRET, SECRET, "nutri-backend.JWT_SECRET"))


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("nutri:registryPassword",), "nutri:registryPassword"),
        (("nutri:secrets", "nutri-backend", "A"), "nutri:secrets.nutri-backend.A"),
        (("nutri:secrets", "a.b", "A"), 'nutri:secrets["a.b"].A'),
    ],
)
def test_a_path_is_spelt_as_the_engine_reads_it(path: tuple[str, ...], key: str) -> None:
    """Parts with a dot are quoted."""
    assert _key(path) == key


def test_a_value_travels_by_standard_input(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in no process list, and not in what is told of a failure."""
    monkeypatch.setattr("runbook.locks.require_none", lambda *_: "prod")
    pulumi.prints("", f"error: cannot write {SECRET}", code=255)
    with pytest.raises(StackError) as caught:
        Config(pulumi.folder / "project", "prod").set_secret(SECRET, "nutri:secrets", "a", "B")
    assert SECRET not in str(caught.value)
    assert SECRET not in " ".join(pulumi.arguments())
    assert "nutri:secrets.a.B" in pulumi.arguments()


@pytest.mark.parametrize(
    ("typed", "words"), [("", "no new password came"), ("a\nb\n", "several lines")]
)
def test_what_is_no_value_is_refused(
    typed: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that is empty is not an empty password."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(RotationError, match=words):
        given("password")


def test_a_value_comes_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the end of its line."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    assert given("password") == SECRET


def test_a_made_value_is_long_and_never_the_same() -> None:
    """Letters and digits, which every file and URL takes."""
    assert made() != made()
    assert len(made()) == 48
    assert made().isalnum()
