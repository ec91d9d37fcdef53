"""Whose clock is wrong, and what is not judged meanwhile."""

from __future__ import annotations

import pytest

from checks import Report, Result, Status, Verdict
from checks.causes import causes
from checks.clock import Clocks, judge, without_what_it_blurs
from checks.verdict import green, red, unknown
from tests.unit.targets import make_target

TARGET = make_target(1)
_DAYS = 2 * 86_400.0


def _judged(clocks: Clocks) -> Verdict:
    return judge(TARGET.servers[0], clocks, TARGET)


@pytest.mark.parametrize(
    ("clocks", "says", "remedy"),
    [
        (Clocks(-_DAYS, -_DAYS), "this machine's clock is 172800 s ahead of", "on this machine"),
        (Clocks(_DAYS, _DAYS), "this machine's clock is 172800 s behind", "on this machine"),
        (Clocks(_DAYS, None, distrusted=True), "this machine's clock is", "on this machine"),
        (Clocks(30.0, 0.2), "the server's clock is 30 s ahead of ours", "runbook ssh"),
        (Clocks(-30.0, None), "the server's clock is 30 s behind ours", "runbook ssh"),
    ],
)
def test_the_wrong_one_is_named(clocks: Clocks, says: str, remedy: str) -> None:
    """By two against one."""
    verdict = _judged(clocks)
    assert verdict.status is Status.RED
    assert says in verdict.message
    assert remedy in verdict.remedy


def test_clocks_that_agree_are_green() -> None:
    """Whatever the way to the API takes."""
    assert _judged(Clocks(0.3, 4.0)).is_green


def _result(check: str, verdict: Verdict) -> Result:
    return Result(check, "D1", "is well", "nutri-1", verdict)


_OTHERS = [
    _result("certificate", red("it is not valid yet", "renew it")),
    _result("health", red("certificate verify failed: certificate is not yet valid", "see logs")),
    _result("dump-age", red("the newest dump is 50 h old", "`runbook dump now`")),
    _result("disk", red("/ is full", "prune")),
    _result("latency", green("12 ms")),
    _result("coolify-token", unknown("no answer", "look")),
]


def test_with_our_clock_wrong_there_is_one_finding() -> None:
    """First, and what has nothing to do with time stays as it is."""
    clock = _result("clock", _judged(Clocks(-_DAYS, -_DAYS)))
    found = {one.check: one.verdict for one in without_what_it_blurs([*_OTHERS, clock])}
    for check in ("certificate", "health", "dump-age", "coolify-token"):
        assert found[check].message == "cannot tell with this clock"
        assert "on this machine" in found[check].remedy
    assert found["disk"].status is Status.RED
    assert found["latency"].is_green
    report = Report("s", tuple(without_what_it_blurs([*_OTHERS, clock])))
    first, second = causes(report.results)
    assert (first.check, len(first.consequences)) == ("clock", 4)
    assert second.check == "disk"


def test_with_the_servers_clock_wrong_all_is_judged() -> None:
    """By ours, which is right."""
    clock = _result("clock", _judged(Clocks(_DAYS, 0.0)))
    assert without_what_it_blurs([*_OTHERS, clock]) == [*_OTHERS, clock]
    assert without_what_it_blurs(_OTHERS) == _OTHERS
