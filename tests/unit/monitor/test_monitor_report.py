"""What is computed from samples."""

from __future__ import annotations

import json

import pytest

from runbook.monitor import Connection, Mark, Report, Sample, text
from runbook.monitor.report import longest_gap


def sample(due: float, latency: float = 0.01, failure: str | None = None) -> Sample:
    """A request that went out when it was due."""
    return Sample(
        due,
        due,
        due + latency,
        Connection.KEPT,
        "/version",
        failure=failure,
        version=None if failure else "good-1",
        container=None if failure else "c1",
    )


def report(samples: list[Sample], *marks: Mark, seconds: float = 10.0) -> Report:
    """The run of one monitor."""
    return Report("nutri-backend", "https://api", 10, seconds, tuple(samples), marks)


@pytest.mark.parametrize(
    ("answers", "begin", "seconds"),
    [
        ([], 0, 10),
        ([4.0], 4, 6),
        ([7.0], 0, 7),
        ([1.0, 2.0, 6.0, 9.0], 2, 4),
        ([9.0, 6.0, 2.0, 1.0], 2, 4),
        ([1.0, 5.0, 12.0], 5, 5),
    ],
)
def test_the_longest_gap(answers: list[float], begin: float, seconds: float) -> None:
    """From the start, between any two answers, or to the end; the order of answers is no matter."""
    found = longest_gap(answers, 10.0)
    assert (found.begin, found.seconds) == (begin, seconds)


def test_a_failure_is_no_answer() -> None:
    """Errors that come fast leave a gap all the same."""
    samples = [sample(n / 10, failure="HTTP 502" if 30 <= n < 50 else None) for n in range(100)]
    found = report(samples)
    assert found.failed == 20
    assert found.kinds == {"HTTP 502": 20}
    assert found.longest_gap.seconds == pytest.approx(2.1)
    assert found.longest_gap.begin == pytest.approx(2.91)


def test_percentiles_are_of_the_phase() -> None:
    """Slow answers while a deploy runs are neither before nor after it."""
    samples = [sample(n / 10, latency=0.5 if 40 <= n < 60 else 0.01) for n in range(100)]
    found = report(samples, Mark(4.0, "deploy starts"), Mark(5.0, "half"), Mark(6.0, "ended"))
    before, during, after = found.phases
    assert [len(one.samples) for one in found.phases] == [40, 20, 40]
    assert during.percentiles() == {50: 500, 95: 500, 99: 500}
    assert before.percentiles()[99] == pytest.approx(10)
    assert after.percentiles()[99] == pytest.approx(10)
    assert len(found.between("half", "ended").samples) == 10


def test_the_percentiles_differ() -> None:
    """Nearest rank over 100 latencies of 1 to 100 ms."""
    samples = [sample(n / 10, latency=(n + 1) / 1000) for n in range(100)]
    (everything,) = report(samples).phases
    assert everything.percentiles() == {
        50: pytest.approx(50),
        95: pytest.approx(95),
        99: pytest.approx(99),
    }


def test_a_failure_has_no_latency_of_an_answer() -> None:
    """A refusal in no time must not make the percentiles look better."""
    samples = [sample(1, latency=1), sample(2, latency=0, failure="refused")]
    assert report(samples).phases[0].percentiles()[50] == pytest.approx(1000)
    assert report([sample(2, failure="refused")]).phases[0].percentiles() == {}


def test_requests_that_are_slow_on_purpose_count_for_no_percentile() -> None:
    """They are counted, and nothing else: their times are the path's own."""
    long = Sample(1, 1, 3, Connection.SLOW, "/slow")
    found = report([sample(1), long])
    assert found.phases[0].percentiles()[99] == pytest.approx(10)
    assert found.by_connection == {"kept": 1, "slow": 1}


def test_latency_counts_from_when_it_was_due() -> None:
    """A request that went out late kept its user waiting all the same, and the report says so."""
    late = Sample(1.0, 1.5, 1.6, Connection.KEPT, "/")
    assert late.latency == pytest.approx(0.6)
    assert report([late]).lag == pytest.approx(0.5)
    assert "late" in "\n".join(text.lines(report([late])))


def test_one_mark_makes_two_phases() -> None:
    """With no end named, there is a before and an after."""
    found = report([sample(1), sample(9)], Mark(5, "x"))
    assert [(one.name, len(one.samples)) for one in found.phases] == [("before", 1), ("after", 1)]


def test_the_json_is_whole() -> None:
    """It can be written, and holds what the text tells."""
    found = report([sample(1), sample(2, failure="refused")], Mark(1.5, "x"))
    told = json.loads(json.dumps(found.as_json()))
    assert (told["requests"], told["failed"], told["failures"]) == (2, 1, {"refused": 1})
    assert told["failed_at"][0]["kind"] == "refused"
    assert told["versions"] == {"good-1": 1}
    assert told["containers"] == {"c1": 1}
    assert [phase["name"] for phase in told["phases"]] == ["before", "after"]


def test_the_text_names_the_failures() -> None:
    """Count, kind, moment and path."""
    shown = "\n".join(text.lines(report([sample(1), sample(2, failure="refused")])))
    assert "2 requests in 10 s, 1 failed (1 refused)" in shown
    assert "at 2.0 s: refused, GET /version, kept connection" in shown
