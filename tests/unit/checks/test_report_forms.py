"""A report for a collector and for a browser: nothing is lost, nothing becomes markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from prometheus_client.parser import text_string_to_metric_families

from checks.measure import Measure, Unit
from checks.page import Step, Timeline, page
from checks.prometheus import prometheus
from checks.report import Report, Result
from checks.verdict import Verdict, green, red, unknown

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def _result(check: str, verdict: Verdict, subject: str = "api") -> Result:
    return Result(check, "D1", "is well", subject, verdict, 0.25)


def _live(*values: float) -> list[Measure]:
    return [Measure("live", str(n), value, Unit.SECONDS, 0.5) for n, value in enumerate(values)]


MIXED = Report(
    "prod",
    (
        _result("latency", green("40 ms").measured(_live(0.04, 0.05))),
        _result("latency", red("700 ms", "`runbook resources`").measured(_live(0.7, 0.8)), "ml"),
        _result("health", red('<b>"down"\\ & out\n', "see <logs>")),
        _result("ssh", unknown("no answer", "look"), 'we"ird\nname'),
        _result("spread", green("ok").measured([Measure("answers", "c1", 20, Unit.COUNT)])),
        _result("disk", green("ok").measured([Measure("disk", "/", 0.95, Unit.SHARE, 0.9)]), "s"),
        _result("cpu", green("ok").measured([Measure("cpu", "c-1", 0.1, Unit.SHARE)]), "s"),
    ),
)


def _samples(report: Report) -> dict[str, list[tuple[dict[str, str], float]]]:
    text = prometheus(report, now=NOW.timestamp())
    return {
        family.name: [(sample.labels, sample.value) for sample in family.samples]
        for family in text_string_to_metric_families(text)
    }


def test_prometheus_reads_the_status_of_every_check() -> None:
    """By Prometheus' own parser: one of the three is 1, whatever is in a name."""
    found = _samples(MIXED)["nutri_check_status"]
    assert len(found) == 3 * len(MIXED.results)
    on = [labels for labels, value in found if value == 1]
    assert [(labels["check"], labels["subject"], labels["status"]) for labels in on] == [
        (one.check, one.subject, one.verdict.status.value) for one in MIXED.results
    ]
    assert {labels["runbook"] for labels in on} == {"D1"}


def test_prometheus_reads_the_measures() -> None:
    """In base units, each under its own name, and when they were taken."""
    found = _samples(MIXED)
    assert [value for _, value in found["nutri_live_seconds"]] == [0.04, 0.05, 0.7, 0.8]
    assert found["nutri_disk_ratio"] == [({"stack": "prod", "subject": "s", "of": "/"}, 0.95)]
    assert found["nutri_answers_count"][0][1] == 20
    assert found["nutri_checks_last_run_timestamp_seconds"] == [
        ({"stack": "prod"}, NOW.timestamp())
    ]


def test_each_family_is_in_one_piece() -> None:
    """Prometheus refuses a metric whose lines are not together."""
    lines = prometheus(MIXED).splitlines()
    heads = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))
    names = [re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")]
    changes = [b for a, b in zip([None, *names], names, strict=False) if a != b]
    assert changes == heads


class _Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)


def test_the_page_needs_nothing_else() -> None:
    """No script, no link, no picture, no import: one file is all."""
    text = page(MIXED, now=NOW)
    found = _Page(text)
    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    assert not {"src", "xlink:href", "style"} & {name for name, _ in found.attributes}
    assert all(str(to).startswith("#") for name, to in found.attributes if name == "href")
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_shows_every_finding_as_text() -> None:
    """Markup in a message is shown, not obeyed; commands are code."""
    found = _Page(page(MIXED, now=NOW))
    whole = "".join(found.texts)
    for one in MIXED.results:
        assert one.verdict.message in whole
    assert found.tags.count("b") == len(MIXED.not_green)
    assert "runbook resources" in found.texts
    assert found.tags.count("h1") == 1
    assert "2 of 7 checks are red" in found.texts
    assert "2026-01-31 12:00:00 UTC" in found.texts


def test_a_hole_of_the_set_up_is_on_the_page() -> None:
    """Yellow, with how it is had; it makes nothing red."""
    found = _Page(page(MIXED, now=NOW, holes=[("no dumps are taken", "`pulumi config set` it")]))
    assert "no dumps are taken" in found.texts
    assert "pulumi config set" in found.texts
    assert ("class", "hole") in found.attributes
    assert "2 of 7 checks are red" in found.texts
    assert ("class", "hole") not in _Page(page(MIXED, now=NOW)).attributes


def test_what_is_over_its_limit_is_red_in_the_charts() -> None:
    """A dot a slow request, a bar for the full disk, nothing else."""
    found = _Page(page(MIXED, now=NOW))
    assert found.tags.count("circle") == 4
    assert found.attributes.count(("class", "bad")) == 3


@pytest.mark.parametrize(
    ("verdicts", "headline", "tone"),
    [
        ((green("fine"), green("fine")), "All 2 checks are green", "head green"),
        ((green("fine"), red("ill", "x")), "1 of 2 checks are red", "head red"),
        ((green("fine"), unknown("?", "x")), "1 of 2 could not be told", "head unknown"),
        ((), "No check ran", "head unknown"),
    ],
)
def test_the_headline_is_the_outcome(
    verdicts: tuple[Verdict, ...], headline: str, tone: str
) -> None:
    """And so is the colour at the top; nothing at all is no success."""
    found = _Page(page(Report("s", tuple(_result("c", one) for one in verdicts)), now=NOW))
    assert headline in found.texts
    assert ("class", tone) in found.attributes


def test_ages_and_a_drill_have_their_charts() -> None:
    """A backup that is too old is red; so is the step of a drill that failed."""
    old = Measure("backup age", "nutri-1", 200_000.0, Unit.SECONDS, 108_000.0)
    rows = (Result("backup-age", "B1", "is young", "nutri-1", red("old", "look").measured([old])),)
    steps = (Step("server", 0, 40), Step("database", 40, 200, well=False))
    text = page(Report("s", rows), now=NOW, drill=Timeline("recovery", steps, 3600))
    found = _Page(text)
    assert {"Ages of backups and dumps", "2 d 7 h 33 min of 1 d 6 h"} <= set(found.texts)
    assert {"Drill: recovery", "It took 4 min, allowed are 1 h."} <= set(found.texts)
    assert found.attributes.count(("class", "bad")) == 2
