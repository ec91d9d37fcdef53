"""What is told of an image's tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from common.errors import OperatorError
from common.verified import VerifiedTag
from runbook import tags
from tests.unit.rollback.conftest import IMAGE, RECORDED

if TYPE_CHECKING:
    from common.target import ServiceTarget

OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)


def _merged(service: ServiceTarget) -> tuple[tags.Tag, ...]:
    found = tags.Found(
        registry={"v1": OLD, "bad": NEW, "v0": None},
        servers={"s1": {"bad": NEW, "local": datetime(2026, 1, 15, tzinfo=UTC)}},
        running={"bad": 2},
    )
    good = [
        VerifiedTag(image=IMAGE, tag="v1", at=NEW),
        VerifiedTag(image=IMAGE, tag="pruned", at=OLD),
        VerifiedTag(image="ghcr.io/else", tag="other", at=OLD),
    ]
    return tags.merged(service, found, good)


def test_newest_first_those_of_unknown_age_last(service: ServiceTarget) -> None:
    """Tags of everywhere, once each; none of another image."""
    assert [one.name for one in _merged(service)] == ["bad", "local", "v1", "pruned", "v0"]


def test_the_marks(service: ServiceTarget) -> None:
    """Where it is, what runs, what the stack was brought to, what was verified."""
    shown = [" ".join(line.split()) for line in tags.lines(service, _merged(service))]
    assert shown == [
        f"nutri-backend {IMAGE}",
        "bad 2026-01-31 00:00 UTC registry, s1 current, running 2x",
        "local 2026-01-15 00:00 UTC s1",
        "v1 2026-01-01 00:00 UTC registry verified 2026-01-31 00:00",
        "pruned built: unknown nowhere verified 2026-01-01 00:00",
        "v0 built: unknown registry",
    ]


def test_the_json(service: ServiceTarget) -> None:
    """The same, in JSON's types."""
    assert tags.as_json(_merged(service)[2]) == {
        "tag": "v1",
        "built": "2026-01-01T00:00:00+00:00",
        "registry": True,
        "servers": [],
        "running": 0,
        "current": False,
        "verified": "2026-01-31T00:00:00+00:00",
    }


def test_what_docker_printed() -> None:
    """Rows of `docker images`, with Docker's own form of dates."""
    found = tags.parse_images((RECORDED / "images.txt").read_text())
    assert found["4.3.10"] == datetime(2026, 11, 24, 12, 56, 7, tzinfo=UTC)
    assert "good-1" in found
    assert tags.parse_images("") == {}
    untagged = '{"Tag": "<none>", "CreatedAt": "2026-11-24 12:56:07 +0100 CET"}'
    assert tags.parse_images(untagged) == {}


@pytest.mark.parametrize("text", ["{}", "docker: not found", '{"Tag": "x", "CreatedAt": "today"}'])
def test_another_form_is_a_clear_error(text: str) -> None:
    """Not a traceback."""
    with pytest.raises(OperatorError, match="in another form"):
        tags.parse_images(text)
