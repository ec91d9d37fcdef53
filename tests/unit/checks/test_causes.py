"""One cause instead of many findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import CHECKS, Report, Result, Status, Verdict
from checks.causes import Cause, causes, lacking, unanswered
from checks.hetzner import HetznerError
from checks.verdict import green, red, unknown
from checks.web import Answer
from clients.ssh import SshTimeoutError
from common.errors import OperatorError
from tests.unit.targets import make_target

if TYPE_CHECKING:
    from tests.unit.checks.conftest import World

SERVER = "nutri-1"
_SERVICES = ("nutri-backend", "nutri-ml-service")
_OF_SSH = ("docker", "size", "coolify", "cpu", "memory", "disk", "reboot", "clock", "restarts")


def _result(check: str, subject: str, verdict: Verdict) -> Result:
    return Result(check, "D1", "is well", subject, verdict)


def _silent(check: str, subject: str = SERVER) -> Result:
    return _result(check, subject, unknown("no answer", "look").lacking(f"ssh:{SERVER}"))


def _unanswered(check: str, subject: str) -> Result:
    return _result(check, subject, red("timed out", "see the logs").lacking("web"))


def _frozen() -> list[Result]:
    """A server that hangs, seen by all checks."""
    return [
        _result("server", SERVER, green("running")),
        _result("backups", SERVER, green("on")),
        _result(
            "ssh", SERVER, red("no answer", "`runbook server revive`").lacking(f"ssh:{SERVER}")
        ),
        *(_silent(check) for check in _OF_SSH),
        *(_silent("containers", one) for one in _SERVICES),
        *(
            _unanswered(check, one)
            for one in _SERVICES
            for check in ("health", "latency", "spread")
        ),
        *(_unanswered("certificate", one) for one in _SERVICES),
    ]


def test_a_frozen_server_is_one_cause() -> None:
    """Whatever could not look over SSH, and all that got no answer from outside, is below it."""
    (cause,) = causes(_frozen())
    assert (cause.check, cause.subject, cause.status) == ("ssh", SERVER, Status.RED)
    assert cause.remedy == "`runbook server revive`"
    assert len(cause.results) == len(_frozen()) - 2
    assert cause.because() == "because of it: 8 checks red, 11 checks could not look"


def test_a_server_that_is_off_explains_its_silence() -> None:
    """What Hetzner says comes before what SSH says."""
    off = _result("server", SERVER, red("status is off", "`runbook server revive`"))
    (cause,) = causes([off, *_frozen()[1:]])
    assert (cause.check, cause.message) == ("server", "status is off")


def test_a_service_that_is_down_is_no_fault_of_a_server_that_answers() -> None:
    """Health, latency and spread follow from the containers of the same service alone."""
    found = causes(
        [
            _result(
                "containers", "nutri-backend", red("none runs", "`runbook outage nutri-backend`")
            ),
            _unanswered("health", "nutri-backend"),
            _unanswered("latency", "nutri-backend"),
            _result("health", "nutri-ml-service", red("degraded", "see the logs")),
        ]
    )
    assert [(one.check, one.subject, len(one.results)) for one in found] == [
        ("containers", "nutri-backend", 3),
        ("health", "nutri-ml-service", 1),
    ]


def test_a_fault_that_the_app_tells_itself_is_its_own_beside_a_lost_key() -> None:
    """An answer came from outside, so that SSH refuses us explains nothing of it."""
    found = causes(
        [
            _result("ssh", SERVER, red("does not accept our key", "look")),
            _silent("docker"),
            _result("health", "nutri-backend", red("HTTP 500", "see the logs")),
        ]
    )
    assert [(one.check, len(one.results)) for one in found] == [("ssh", 2), ("health", 1)]


def test_an_api_that_no_check_is_about_is_named_itself() -> None:
    """Hetzner's API is away: one cause, unknown, with where to look."""
    verdict = unknown("could not be collected: HTTP 503", "look").lacking("hetzner")
    (cause,) = causes([_result(one, SERVER, verdict) for one in ("server", "backups")])
    assert (cause.name, cause.status) == ("hetzner", Status.UNKNOWN)
    assert cause.message == "Hetzner's API does not answer: HTTP 503"
    assert "status.hetzner.com" in cause.remedy


def test_red_comes_first() -> None:
    """Then what explains most."""
    found = causes([_silent("docker"), _silent("size"), _result("dns", "api", red("x", "y"))])
    assert [one.check for one in found] == ["dns", "ssh"]


@pytest.mark.parametrize(
    ("suspect", "check", "subject"),
    [
        ("redis", "redis", "redis"),
        ("database", "database-status", "localcloudnutri"),
        ("ml_service", "containers", "nutri-ml-service"),
        ("ml_service", "health", "nutri-ml-service"),
    ],
)
def test_what_a_degraded_service_lacks_explains_it(suspect: str, check: str, subject: str) -> None:
    """Where a check of that is not green either."""
    ill = replace(red("degraded", "mend it"), suspects=(suspect, "notification_queue"))
    degraded, deep = _result("health", "nutri-backend", ill), _result(check, subject, red("x", "y"))
    found = causes([degraded, deep])
    assert [(one.check, one.subject, len(one.results)) for one in found] == [(check, subject, 2)]
    assert [one.check for one in causes([degraded])] == ["health"]


@pytest.mark.parametrize("check", ["health", "latency", "spread", "version"])
def test_no_answer_from_outside_is_told_by_every_check_that_asks(check: str, world: World) -> None:
    """Whatever the evidence is made of."""
    world.web_is_up = False
    verdict = world.report(check).results[0].verdict
    assert (verdict.status, verdict.lacks) == (Status.RED, "web")


@given(
    st.lists(
        st.builds(
            _result,
            st.sampled_from([one.id for one in CHECKS]),
            st.sampled_from([SERVER, *_SERVICES]),
            st.builds(
                Verdict,
                st.sampled_from(Status),
                st.just("m"),
                lacks=st.sampled_from(
                    ["", "web", f"ssh:{SERVER}", "hetzner", "supabase", "database"]
                ),
                suspects=st.sampled_from([(), ("redis",), ("database", "ml_service")]),
            ),
        ),
        unique_by=lambda one: one.key,
        max_size=20,
    )
)
def test_everything_that_is_not_green_is_told_exactly_once(results: list[Result]) -> None:
    """However the findings lean on each other; and red stays red."""
    found = causes(results)
    told = [one.key for cause in found for one in cause.results]
    assert sorted(told) == sorted(one.key for one in results if not one.verdict.is_green)
    assert all(isinstance(one, Cause) and one.results for one in found)
    reds = [one for one in results if one.verdict.status is Status.RED]
    assert any(one.status is Status.RED for one in found) is bool(reds)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (SshTimeoutError("SSH to root@{host}:22: no answer"), "ssh:{name}"),
        (SshTimeoutError("SSH to root@192.0.2.9:22: no answer"), ""),
        (HetznerError("HTTP 503"), "hetzner"),
        (OperatorError("something else"), ""),
    ],
)
def test_an_error_tells_what_was_lacking(error: Exception, wanted: str) -> None:
    """SSH by the server's name, an API by its vendor; a stranger's address is none of ours."""
    made = make_target(443)
    server = made.servers[0]
    told = type(error)(str(error).format(host=server.ssh.host))
    assert lacking(told, made) == wanted.format(name=server.name)


def test_an_answer_that_failed_is_no_answer() -> None:
    """One of several is enough; a status of any kind is an answer."""
    assert unanswered(Answer(failure="timed out"))
    assert unanswered((Answer(200), Answer(failure="refused")))
    assert not unanswered((Answer(200), Answer(503)))
    assert not unanswered(None)


def test_the_text_for_people_is_short() -> None:
    """A frozen server fits a phone: three lines, however many checks there are."""
    report = Report("prod", tuple(_frozen()))
    assert len(report.wrong().splitlines()) == 3
    assert len(report.wrong()) < 300
    assert [one["check"] for one in report.as_json()["causes"]] == ["ssh"]
