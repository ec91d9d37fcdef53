"""`runbook monitor` as a whole, on a server of its own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from runbook import cli
from runbook.monitor import session
from runbook.verbs import monitor as verb_module
from tests.unit.monitor.conftest import Site

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

    from common.target import Target

    InThread = Callable[[Site], contextlib.AbstractContextManager[Target]]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_BEFORE_AND_AFTER", 0.5)


def _run(target: Target, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(verb_module, "load_target", lambda _: target)
    with pytest.raises(SystemExit) as caught:
        cli.main(["monitor", *words])
    return int(caught.value.code or 0)


def _command(code: int) -> str:
    return f"{sys.executable} -c 'import sys, time; print(1); time.sleep(0.3); sys.exit({code})'"


def test_a_command_is_told_apart(
    site_in_a_thread: InThread,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Code 0, three phases, and nothing but the report on standard output."""
    with site_in_a_thread(Site()) as target:
        assert _run(target, monkeypatch, "nutri-backend", "--during", _command(0), "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)["services"]
    assert told["failed"] == 0
    assert [one["name"] for one in told["phases"]] == ["before", "during", "after"]
    assert all(one["requests"] > 0 for one in told["phases"])


def test_a_failed_request_is_code_1(
    site_in_a_thread: InThread,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One request is enough, and the report names it."""
    site = Site(fault="error", broken_from=30, broken_until=33)
    with site_in_a_thread(site) as target:
        assert _run(target, monkeypatch, "--duration", "2s") == 1
    assert "3 failed (3 HTTP 502)" in capsys.readouterr().out


def test_a_failed_command_is_code_1(
    site_in_a_thread: InThread,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Even where no request failed."""
    with site_in_a_thread(Site()) as target:
        assert _run(target, monkeypatch, "--during", _command(7)) == 1
    assert "the command ended with code 7" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rate", "201"), "give 1 to 200"),
        (("--duration", "2h"), "1 h at most"),
        (("--duration", "soon"), "right would be 90s"),
        (("--duration", "5s", "--until-interrupted"), "give one of them"),
        (("--during", "no-such-program -x"), "no-such-program cannot be run: No such file"),
        (("--method", "POST"), "--method POST needs a path: --path /api/auth/login"),
        (("--path", "login"), "right would be --method POST --path /api/auth/login"),
        (("nutri-frontend",), "no such service: nutri-frontend"),
    ],
)
def test_mistakes_are_code_2(
    words: tuple[str, ...],
    said: str,
    site_in_a_thread: InThread,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, and what would be right."""
    with site_in_a_thread(Site()) as target:
        assert _run(target, monkeypatch, *words) == 2
    assert said in capsys.readouterr().err
