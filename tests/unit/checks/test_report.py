"""A report's forms: exit code, lines, JSON, JUnit."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import ChecksFailedError, Report, Result, Status, Verdict
from checks.junit import junit
from checks.verdict import green, red, unknown

ALL = Report(
    "prod",
    (
        Result("health", "D1", "is well", "api", green("fine"), 0.25),
        Result("dns", "B5", "leads here", "api", red("leads <away>", "run `pulumi up`"), 0.5),
        Result("ssh", "E4", "lets us in", "nutri-1", unknown("no answer", "look"), 1.0),
    ),
)
results = st.lists(
    st.builds(
        Result,
        check=st.sampled_from(["a", "b"]),
        runbook=st.just("D1"),
        title=st.just("title"),
        subject=st.text(max_size=3),
        verdict=st.builds(Verdict, st.sampled_from(Status), st.text(), st.text()),
    ),
    max_size=6,
)


@given(results)
def test_the_exit_code_is_0_only_when_all_is_green(rows: list[Result]) -> None:
    """1 as soon as something is red, else 2 as soon as something is unknown or there is nothing."""
    statuses = {row.verdict.status for row in rows}
    report = Report("s", tuple(rows))
    if Status.RED in statuses:
        assert report.exit_code == 1
    elif statuses == {Status.GREEN}:
        assert report.exit_code == 0
        report.raise_for_red()
    else:
        assert report.exit_code == 2
    if report.exit_code:
        with pytest.raises(ChecksFailedError):
            report.raise_for_red()


def test_plain_lines() -> None:
    """One line a result, the remedy below."""
    assert ALL.table().splitlines() == [
        "GREEN   D1 health api   fine",
        "RED     B5 dns api      leads <away>",
        "           -> run `pulumi up`",
        "UNKNOWN E4 ssh nutri-1  no answer",
        "           -> look",
    ]
    assert ALL.summary() == "stack prod: 3 checks, 1 green, 1 red, 1 unknown"


def test_json() -> None:
    """All fields, and whether all is green."""
    found = ALL.as_json()
    assert (found["green"], found["exit_code"], found["stack"]) == (False, 1, "prod")
    assert found["results"][1] == {
        "check": "dns",
        "runbook": "B5",
        "title": "leads here",
        "subject": "api",
        "status": "red",
        "message": "leads <away>",
        "remedy": "run `pulumi up`",
        "seconds": 0.5,
        "measures": [],
    }


def test_junit() -> None:
    """Red is a failure, unknown an error, and markup in messages is escaped."""
    suite = ET.fromstring(junit(ALL))  # noqa: S314 - our own text
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "leads <away>"
    assert failure.text == "run `pulumi up`"
    assert [case.get("classname") for case in suite] == ["D1.health", "B5.dns", "E4.ssh"]


def test_merging_keeps_order_and_takes_the_newer() -> None:
    """A later run's results stand in for the earlier ones of the same check and subject."""
    later = Report("prod", (Result("dns", "B5", "leads here", "api", green("here"), 0.1),))
    merged = ALL.merged(later)
    assert [row.check for row in merged.results] == ["health", "dns", "ssh"]
    assert merged.results[1].verdict.is_green
