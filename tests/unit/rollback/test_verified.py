"""The list of tags that were verified good."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from common import verified

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _after(*tags: str, before: verified.Verified | None = None) -> verified.Verified:
    known = before or {}
    for number, tag in enumerate(tags):
        known = verified.record(known, {"api": ("ghcr.io/x", tag)}, NOW + timedelta(hours=number))
    return known


def _tags(known: verified.Verified) -> list[str]:
    return [one.tag for one in known["api"]]


def test_newest_first() -> None:
    """Each new tag goes to the front."""
    assert _tags(_after("v1", "v2", "v3")) == ["v3", "v2", "v1"]


def test_the_same_tag_again_only_moves_its_time() -> None:
    """Another verification of what runs anyway is no second entry."""
    known = _after("v1", "v2", "v2")
    assert _tags(known) == ["v2", "v1"]
    assert known["api"][0].at == NOW + timedelta(hours=2)


def test_going_back_takes_the_later_ones_off() -> None:
    """A second rollback goes further back, never to what the first one left."""
    assert _tags(_after("v1", "v2", "v3", "v2")) == ["v2", "v1"]


def test_a_tag_of_another_image_is_another() -> None:
    """`latest` of one image says nothing of that of another."""
    known = verified.record(_after("v1"), {"api": ("ghcr.io/y", "v1")}, NOW)
    assert [one.image for one in known["api"]] == ["ghcr.io/y", "ghcr.io/x"]


def test_it_is_bounded() -> None:
    """The oldest go."""
    known = _after(*(f"v{number}" for number in range(30)))
    assert _tags(known) == [f"v{number}" for number in range(29, 29 - verified.KEPT, -1)]


def test_services_that_are_no_more_are_dropped() -> None:
    """The list speaks of what the stack has."""
    known = verified.record(_after("v1"), {"ml": ("ghcr.io/ml", "v1")}, NOW)
    assert list(known) == ["ml"]


def test_it_survives_the_state() -> None:
    """What goes into the stack's outputs comes back the same; nothing there yet is nothing."""
    known = _after("v1", "v2")
    assert verified.parse(json.loads(json.dumps(verified.as_plain(known)))) == known
    assert verified.parse(None) == {}
