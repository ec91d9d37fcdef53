"""The page knows since when something is red, and how the week was."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks import Report, Result
from checks.page import page
from checks.page.past import Past, kept
from checks.verdict import Status, Verdict, green, red, unknown

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
_STYLE = Path(page.__code__.co_filename).with_name("style.css").read_text()


def _report(verdict: Verdict) -> Report:
    return Report("prod", (Result("health", "D1", "t", "nutri-backend", verdict),))


GREEN, RED, UNTOLD = (_report(one) for one in (green("fine"), red("down", "x"), unknown("?", "x")))


def test_red_since_the_first_look_that_was(tmp_path: Path) -> None:
    """Changes alone are kept; unknown in between does not start it anew."""
    file = tmp_path / "report.html"
    for hours, report in ((5, GREEN), (4, RED), (3, RED), (2, UNTOLD), (1, RED)):
        past = kept(file, report, NOW - timedelta(hours=hours))
    assert [one.status for one in past.changes] == [
        Status.GREEN,
        Status.RED,
        Status.UNKNOWN,
        Status.RED,
    ]
    assert past.since(RED.results[0]) == NOW - timedelta(hours=4)
    assert "since Thu 08:00 UTC, 4 h" in page(RED, now=NOW, past=past)
    assert kept(file, GREEN, NOW).since(GREEN.results[0]) is None


def test_the_file_stays_small(tmp_path: Path) -> None:
    """What is over for a week goes, but for what was true at its begin."""
    past = Past()
    for hours in range(30 * 24, -1, -1):
        past = past.after(RED if hours % 2 else GREEN, NOW - timedelta(hours=hours))
    assert len(past.changes) == 7 * 24 + 1
    (tmp_path / "report.past.json").write_text("{")
    assert len(kept(tmp_path / "report.html", RED, NOW).changes) == 1


def test_a_day_is_shown_by_its_shares() -> None:
    """Only days in which somebody looked."""
    past = Past().after(GREEN, NOW - timedelta(hours=36)).after(RED, NOW - timedelta(hours=9))
    day = NOW.replace(hour=0)
    assert past.shares(day, NOW) == pytest.approx(
        {Status.GREEN: 0.25, Status.RED: 0.75, Status.UNKNOWN: 0.0}
    )
    assert past.shares(day - timedelta(days=3), day - timedelta(days=2)) == {}
    text = page(RED, now=NOW, past=past)
    assert ("25% green" in text, "100% green" in text, "The last week" in text) == (True,) * 3


def test_what_is_wrong_leads_to_its_row() -> None:
    """By a link within the page."""
    text = page(RED, now=NOW)
    (place,) = re.findall(r'href="#([^"]+)"', text)
    assert f'id="{place}"' in text


def _schemes() -> list[dict[str, str]]:
    return [dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in _STYLE.split("@media")[:2]]


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("number", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "back"),
    [
        *((text, back) for text in ("text", "dim") for back in ("back", "card", "track")),
        *((tone, f"{tone}-soft") for tone in ("green", "red", "unknown")),
        ("plain", "card"),
    ],
)
def test_every_text_stands_out_from_what_is_behind_it(number: int, text: str, back: str) -> None:
    """4.5 to 1, as WCAG's AA wants it, in both schemes."""
    scheme = _schemes()[number]
    one, other = sorted((_luminance(scheme[text]), _luminance(scheme[back])))
    assert (other + 0.05) / (one + 0.05) >= 4.5
