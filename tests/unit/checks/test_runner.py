"""Running checks: side by side, within a bound, never green without evidence."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

import checks
from checks import CHECKS, ChecksFailedError, Status, Verdict
from checks.check import Check, coolify, servers
from checks.verdict import green, red
from common.errors import OperatorError
from common.waiting import Attempt, without_pauses

if TYPE_CHECKING:
    from checks.check import AnyCheck
    from checks.observer import Observer
    from common.target import CoolifyTarget, Target
    from tests.unit.checks.conftest import World


def _well(*_: object) -> Verdict:
    return green("well")


def _check(collect: object) -> AnyCheck:
    return Check("sample", "D1", "is well", coolify, collect, lambda *_: green("well"))  # type: ignore[arg-type]


def _raise(error: Exception) -> AnyCheck:
    def collect(_observer: Observer, _subject: CoolifyTarget) -> None:
        raise error

    return _check(collect)


@pytest.mark.parametrize("error", [OperatorError("no tunnel"), ZeroDivisionError("no tunnel")])
def test_a_collector_that_raises_is_unknown(error: Exception, world: World) -> None:
    """No evidence is never green, and the run as a whole is not either."""
    with world.observed() as (target, observe):
        report = checks.run(target, [_raise(error)], observe=observe)
    assert report.results[0].verdict.status is Status.UNKNOWN
    assert "no tunnel" in report.results[0].verdict.message
    assert report.exit_code == 2


def test_a_collector_that_does_not_end_is_unknown(world: World) -> None:
    """The run ends at its bound, with the other checks' results in it."""
    blocked = threading.Event()
    started = time.monotonic()
    with world.observed() as (target, observe):
        slow = _check(lambda *_: blocked.wait())
        report = checks.run(target, [slow, *checks.select(["server"])], bound=0.5, observe=observe)
    blocked.set()
    assert time.monotonic() - started < 3
    assert [r.verdict.status for r in report.results] == [Status.UNKNOWN, Status.GREEN]
    assert "did not end within 0.5 s" in report.results[0].verdict.message


def test_a_login_that_does_not_end_explains_the_others(world: World) -> None:
    """One cause, the server, with the command that brings it back."""
    blocked = threading.Event()
    with world.observed() as (target, observe):
        login = Check("ssh", "E4", "lets us in", servers, lambda *_: blocked.wait(), _well)
        slow = _check(lambda *_: blocked.wait())
        report = checks.run(target, [slow, login], bound=0.3, observe=observe)
    blocked.set()
    (cause,) = report.causes
    assert (cause.check, cause.remedy) == ("ssh", "`runbook server revive`")
    assert len(cause.results) == 2


def test_checks_run_side_by_side(world: World) -> None:
    """Two collectors that wait for each other both end."""
    barrier = threading.Barrier(2, timeout=5)
    with world.observed() as (target, observe):
        report = checks.run(target, [_check(lambda *_: barrier.wait())] * 2, observe=observe)
    assert report.exit_code == 0


def test_a_run_of_nothing_is_not_green(world: World) -> None:
    """No result is no proof."""
    with world.observed() as (target, observe):
        report = checks.run(target, [], observe=observe)
    assert report.exit_code == 2
    with pytest.raises(ChecksFailedError, match="no check ran"):
        report.raise_for_red()


def test_verify_of_a_whole_world_is_green(world: World) -> None:
    """The checks that prove a change are run, in the order of the registry, and no others."""
    with world.observed() as (target, observe):
        report = checks.verify(target, observe=observe)
    report.raise_for_red()
    assert list(dict.fromkeys(r.check for r in report.results)) == [
        check.id for check in CHECKS if check.proves_change and check.subjects(target)
    ]
    assert {"health", "containers", "redirect"} <= {r.check for r in report.results}
    assert not {"errors", "reboot", "disk"} & {r.check for r in report.results}


def test_verify_waits_for_what_settles(world: World) -> None:
    """A check that is red at first is repeated, alone, and ends green."""
    seen: list[Attempt] = []

    def settle(attempt: Attempt) -> None:
        seen.append(attempt)
        world.health["status"] = "healthy"

    world.health["status"] = "starting"
    with world.observed() as (target, observe):
        report = checks.verify(
            target, ["health", "server"], settle=30, progress=settle, observe=observe
        )
    report.raise_for_red()
    assert len(report.results) == 3
    assert "health nutri-backend" in seen[0].last_error


def test_verify_ends_at_its_bound_and_says_what_is_red(world: World) -> None:
    """What stays red fails with a table that names check, subject, finding and remedy."""
    world.health["status"] = "degraded"
    with world.observed() as (target, observe), without_pauses():
        report = checks.verify(target, ["health"], settle=3600, observe=observe)
    with pytest.raises(ChecksFailedError) as caught:
        report.raise_for_red()
    text = str(caught.value)
    assert text.startswith("stack test: 2 checks, 1 green, 1 red\nRED     D1 health nutri-backend")
    assert "'degraded'" in text
    assert "-> see `runbook status`" in text
    assert "nutri-ml-service" not in text


def test_verify_refuses_an_unknown_check(target_of_nothing: Target) -> None:
    """A wrong id is told with the right ones, before anything runs."""
    with pytest.raises(OperatorError, match=r"no such check: helth.*health.*D1"):
        checks.verify(target_of_nothing, ["helth"])


@pytest.fixture
def target_of_nothing(world: World) -> Target:
    """A target whose world has ended."""
    with world.observed() as (target, _):
        return target


def test_a_ca_bundle_that_is_none_is_told(world: World) -> None:
    """A missing or damaged bundle names itself."""
    with world.observed() as (target, observe):
        vantage = target.vantage.model_copy(update={"ca_bundle": str(world.folder / "no.crt")})
        broken = target.model_copy(update={"vantage": vantage})
        with pytest.raises(OperatorError, match=r"no\.crt cannot be read"):
            checks.run(broken, CHECKS, observe=observe)


def test_a_silent_dns_server_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DNS server that does not answer makes the name red, not the run hang."""
    monkeypatch.setattr("clients.dns._LIFETIME", 0.3)
    with world.observed() as (target, observe):
        vantage = target.vantage.model_copy(update={"nameservers": ("127.0.0.1:9",)})
        silent = target.model_copy(update={"vantage": vantage})
        report = checks.run(silent, checks.select(["dns"]), observe=observe)
    assert report.exit_code == 1
    assert "DNS server" in report.results[0].verdict.message


def test_red_outweighs_unknown(world: World) -> None:
    """One red among unknowns is exit code 1."""
    bad = Check("bad", "D1", "is well", coolify, lambda *_: None, lambda *_: red("ill", "cure"))
    with world.observed() as (target, observe):
        report = checks.run(target, [_raise(OperatorError("x")), bad], observe=observe)
    assert report.exit_code == 1
