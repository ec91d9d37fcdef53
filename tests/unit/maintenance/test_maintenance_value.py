"""The value: what the config may say, and what the app is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from common.maintenance import OFF, Maintenance, Mode
from tests.unit.maintenance.conftest import BACKEND, END, START

if TYPE_CHECKING:
    from typing import Any

_ON = {"mode": "on", "start": "2026-12-06T02:00:00Z", "end": "2026-12-06T04:00:00Z"}


@pytest.mark.parametrize(("written", "mode"), [(False, "off"), ("off", "off"), ("on", "on")])
def test_off_without_quotes_is_off(written: object, mode: str) -> None:
    """YAML makes it a boolean."""
    assert Maintenance.model_validate(_ON | {"mode": written}).mode == mode


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": "soon"}, "'off', 'announced' or 'on'"),
        ({"start": None}, "start and end are needed"),
        ({"end": "2026-12-06T01:00:00Z"}, "before it starts"),
        ({"start": "2026-12-06T02:00:00"}, "timezone"),
        ({"start": "Sunday"}, 'right would be "2026-12-06T02:00:00Z"'),
        ({"start": 20261206}, "is no moment"),
        ({"message": ""}, "at least 1 character"),
        ({"until": "x"}, "Extra inputs"),
    ],
)
def test_mistakes_are_told(changes: dict[str, Any], words: str) -> None:
    """Each with what would be right."""
    whole = {k: v for k, v in (_ON | changes).items() if v is not None}
    with pytest.raises(ValidationError, match=words):
        Maintenance.model_validate(whole)


def test_it_survives_json(announced: Maintenance) -> None:
    """On its way through config and outputs."""
    assert Maintenance.model_validate(announced.model_dump(mode="json")) == announced


def test_the_banner_is_json_the_app_can_show(announced: Maintenance) -> None:
    """Times in UTC, the message as it is."""
    assert announced.banner() == {
        "mode": "announced",
        "start": "2026-12-06T02:00:00Z",
        "end": "2026-12-06T04:00:00Z",
        "message": "New <disks> & more.",
        "services": [],
    }


def test_whom_it_covers(announced: Maintenance) -> None:
    """Announced covers nobody yet; no services stand for all; off is about nobody."""
    assert (announced.concerns(BACKEND), announced.covers(BACKEND)) == (True, False)
    on = announced.model_copy(update={"mode": Mode.ON})
    assert on.covers(BACKEND)
    of_another = on.model_copy(update={"services": ("nutri-ml-service",)})
    assert not of_another.covers(BACKEND)
    assert not OFF.concerns(BACKEND)


def test_its_span_in_words(announced: Maintenance) -> None:
    """The day once where it is the same."""
    assert announced.span() == "Sunday 6 December 2026 02:00 to 04:00 UTC"
    longer = announced.model_copy(update={"end": END.replace(day=7)})
    assert longer.span() == "Sunday 6 December 2026 02:00 to Monday 7 December 2026 04:00 UTC"
    assert OFF.span() == "at no set time"
    assert START < END
