"""Holes of a set-up are told, and fail nothing."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from pydantic import SecretStr
from rich.console import Console

from common.target import DumpsTarget, Target
from runbook import gaps, notify
from tests.unit.targets import make_target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A stack without any, seen from a clone that exported its kit."""
    dumps = DumpsTarget(
        repository="s3:https://s3.test/b",
        schedule="daily",
        password=SecretStr("p"),
        identity=SecretStr(""),
    )
    target = make_target(1)
    services = tuple(one.model_copy(update={"replicas": 2}) for one in target.services)
    monkeypatch.setattr(notify, "urls", lambda _: ("json://somebody",))
    gaps.note_export(tmp_path, target.stack, datetime.now(UTC))
    return target.model_copy(update={"dumps": dumps, "services": services})


def _said(target: Target, project: Path) -> list[str]:
    return [one.what for one in gaps.look(target, project)]


def test_a_whole_set_up_has_none(whole: Target, tmp_path: Path) -> None:
    """Nothing is said."""
    assert _said(whole, tmp_path) == []


def test_each_hole_is_told(whole: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what closes it."""
    services = tuple(one.model_copy(update={"replicas": 1}) for one in whole.services)
    bare = whole.model_copy(
        update={
            "dumps": None,
            "services": services[:1],
            "expectations": whole.expectations.model_copy(update={"backups": False}),
        }
    )
    monkeypatch.setattr(notify, "urls", lambda _: ())
    found = gaps.look(bare, tmp_path / "another clone")
    words = ("no dumps", "backups of the server are off", "one replica", "nobody is told", "no rec")
    assert len(found) == len(words)
    for hole, word in zip(found, words, strict=True):
        assert word in hole.what
        assert "`" in hole.remedy


def test_a_service_that_stops_first_is_meant_to_have_one(whole: Target, tmp_path: Path) -> None:
    """Its roll-out says so."""
    one = whole.services[0].model_copy(update={"replicas": 1, "rollout": "stop-first"})
    assert _said(whole.model_copy(update={"services": (one,)}), tmp_path) == []


def test_an_old_kit_is_a_hole(whole: Target, tmp_path: Path) -> None:
    """Config and secrets go on without it."""
    gaps.note_export(tmp_path, whole.stack, datetime.now(UTC) - timedelta(days=100))
    assert _said(whole, tmp_path) == ["the recovery kit was exported 100 days ago"]


def test_a_secret_that_was_changed_makes_the_kit_old(whole: Target, tmp_path: Path) -> None:
    """Until it is exported again."""
    gaps.note_rotation(tmp_path, whole.stack, datetime.now(UTC) + timedelta(seconds=1))
    assert _said(whole, tmp_path) == ["a secret was changed since the recovery kit was exported"]
    gaps.note_export(tmp_path, whole.stack, datetime.now(UTC) + timedelta(seconds=2))
    assert _said(whole, tmp_path) == []


def test_a_rotation_that_was_stopped_is_told(whole: Target, tmp_path: Path) -> None:
    """With the command that goes on; its values are none of anybody's business."""
    written = {"config": {"nutri:rotating": {"ssh-key": {"old": {"secure": "v1:x"}}}}}
    (tmp_path / f"Pulumi.{whole.stack}.yaml").write_text(yaml.safe_dump(written))
    (hole,) = gaps.look(whole, tmp_path)
    assert hole.what.startswith("ssh-key is being changed")
    assert hole.remedy == "`runbook rotate ssh-key` goes on"


def test_they_are_yellow() -> None:
    """On a terminal; words anywhere."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, color_system="standard")
    gaps.show((gaps.Hole("no dumps", "`take them`"),), console)
    assert "\x1b[1;33mHOLE" in screen.getvalue()
    assert "-> `take them`" in screen.getvalue()
