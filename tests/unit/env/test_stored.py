"""What Coolify has of the variables: names and fingerprints, never values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from common.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.conftest import FakePulumi
    from tests.unit.runbook.server import FakeServer

_KEY = "coolify-secret"
_GIVEN = {"LOG_LEVEL": "info", "JWT_SECRET": "hunter2"}


def _mark(name: str, value: str) -> str:
    return fingerprint(_KEY, name, value)


@pytest.fixture
def coolify(
    server: FakeServer, pulumi: FakePulumi, outputs: dict[str, Any]
) -> dict[str, dict[str, str | None]]:
    """What it has, by application: what the service was given."""
    marks = {name: _mark(name, value) for name, value in _GIVEN.items()}
    outputs["services"][0]["variables"] = marks
    pulumi.prints(json.dumps(outputs))
    stored: dict[str, dict[str, str | None]] = {"app-a": dict(_GIVEN), "app-b": dict(_GIVEN)}

    def api(_method: str, path: str) -> tuple[int, Any]:
        rows = stored[path.split("/")[2]].items()
        return 200, [{"uuid": name, "key": name, "value": one} for name, one in rows]

    server.api = api
    return stored


def test_all_as_given(
    coolify: dict[str, Any], run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing differs, and every one is listed."""
    assert coolify
    assert run("env", "diff") == 0
    assert capsys.readouterr().out == "Coolify has every variable as it was given\n"
    assert run("env", "list", "nutri-backend") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"nutri-backend JWT_SECRET  {_mark('JWT_SECRET', 'hunter2')}  as given",
        f"nutri-backend LOG_LEVEL   {_mark('LOG_LEVEL', 'info')}  as given",
    ]


def test_what_somebody_did_in_the_dashboard(
    coolify: dict[str, Any], run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Set, changed, taken away, in one replica or in all."""
    coolify["app-a"] |= {"PORT": "99", "LOG_LEVEL": "debug"}
    del coolify["app-b"]["JWT_SECRET"]
    assert run("env", "diff", "--json") == 1
    said = capsys.readouterr().out
    assert "hunter2" not in said
    told = {one["name"]: (one["given"], one["found"]) for one in json.loads(said)["variables"]}
    jwt, level = _mark("JWT_SECRET", "hunter2"), _mark("LOG_LEVEL", "info")
    assert told == {
        "PORT": (None, [_mark("PORT", "99"), None]),
        "LOG_LEVEL": (level, [_mark("LOG_LEVEL", "debug"), level]),
        "JWT_SECRET": (jwt, [jwt, None]),
    }
    assert run("env", "diff") == 1
    said = capsys.readouterr().out
    assert f"in Coolify alone: {_mark('PORT', '99')}, missing" in said
    assert f"in Coolify: {jwt}, missing" in said


def test_coolify_that_does_not_answer(
    server: FakeServer,
    coolify: dict[str, Any],
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is told, and nothing is called the same."""
    assert coolify
    server.api = None
    assert run("env", "diff") == 2
    assert "gave no answer" in capsys.readouterr().err
