"""Into a container, to a dashboard, to more replicas; and names as people type them."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks import Report, Result
from checks.verdict import green
from clients.ssh import Result as Ran
from common.errors import OperatorError
from common.target import Target
from runbook import servers
from runbook.nearest import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.conftest import FakePulumi
    from tests.unit.runbook.server import FakeServer

NAMES = ("nutri-backend", "nutri-ml-service")


@pytest.mark.parametrize(
    ("word", "name"),
    [("nutri-backend", "nutri-backend"), ("backend", NAMES[0]), ("ML", NAMES[1])],
)
def test_any_part_that_one_alone_has_will_do(word: str, name: str) -> None:
    """In any case of its letters."""
    assert pick(word, NAMES, "service") == name


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nutri", "nutri could be any service of nutri-backend, nutri-ml-service: name one"),
        ("nutri-bakend", "Did you mean nutri-backend?"),
        ("zzz", "no such service: zzz. This stack has: nutri-backend, nutri-ml-service"),
    ],
)
def test_a_word_that_is_none_or_several_is_told(word: str, said: str) -> None:
    """With the nearest name, where there is one."""
    with pytest.raises(OperatorError) as caught:
        pick(word, NAMES, "service")
    assert said in str(caught.value)


def test_a_check_that_is_misspelt_is_suggested() -> None:
    """`check healt` means health."""
    with pytest.raises(OperatorError, match=r"no such check: healt\. Did you mean health\?"):
        checks.select(["healt"])


def test_a_replica_has_a_number(outputs: dict[str, Any]) -> None:
    """Without one it is the first; there are only as many as there are."""
    target = Target.model_validate(outputs)
    service = target.services[0]
    assert servers.find_replica(target, "backend") == (service, 1)
    assert servers.find_replica(target, "nutri-backend-2") == (service, 2)
    with pytest.raises(OperatorError, match="has no replica 3: there are 2"):
        servers.find_replica(target, "backend-3")


def test_a_command_runs_in_the_replica_that_is_named(
    server: FakeServer, run: Callable[..., int]
) -> None:
    """Quoted, in its running container, with the command's own code."""
    server.application("app-a")
    server.application("app-b", 1, state="exited")
    server.application("app-b", 2)
    server.answers["docker exec -i app-b-000002"] = Ran("", "", 3)
    assert run("exec", "backend-2", "--", "node", "-e", "1 + 1") == 3
    assert server.commands[-1] == "docker exec -i app-b-000002 node -e '1 + 1'"


def test_a_shell_is_the_one_the_image_has(server: FakeServer, run: Callable[..., int]) -> None:
    """Bash where it is, else sh; without a terminal here there is none there."""
    server.application("app-a")
    server.answers["docker exec -i app-a-000001 sh -c"] = ""
    assert run("shell", "nutri-backend") == 0
    assert "exec bash || exec sh" in server.commands[-1]


def test_a_replica_that_does_not_run_leads_to_the_outage(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the verb that goes on."""
    server.application("app-a", state="exited")
    assert run("exec", "backend", "--", "true") == 2
    assert "`runbook outage nutri-backend`" in capsys.readouterr().err


def test_the_dashboard_is_led_here_until_ctrl_c(  # noqa: PLR0913, PLR0917 - fixtures
    server: FakeServer,
    stack: FakePulumi,
    outputs: dict[str, Any],
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The login is printed on demand alone."""
    outputs["coolify"] |= {"email": "ops@nutri.test", "password": "Root-password-1"}
    stack.prints(json.dumps(outputs))

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(signal, "pause", interrupted)
    assert run("coolify", "open", "--port", "8111") == 0
    assert server.commands == ["forward 8111 to 8000"]
    said = capsys.readouterr()
    assert "http://127.0.0.1:8111" in said.err
    assert "Root-password-1" not in said.out + said.err
    assert run("coolify", "open", "--login") == 0
    assert "Root-password-1" in capsys.readouterr().out


def test_scaling_writes_the_config_and_proves_it(
    stack: FakePulumi,
    outputs: dict[str, Any],
    run: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The setting beside the tag's; nothing without a yes; the checks of that service."""
    outputs["services"][0]["tag_setting"] = "nutri:services.nutri-backend.tag"
    stack.prints(json.dumps(outputs))
    written: list[dict[str, str]] = []
    monkeypatch.setattr(
        "runbook.updates.Updates.set_values", lambda _, values: written.append(values)
    )
    monkeypatch.setattr("runbook.updates.Updates.up", lambda _: True)
    looked: list[object] = []

    def verify(_target: Target, ids: tuple[str, ...], *, only: object) -> Report:
        looked.append(only)
        return Report("prod", (Result(ids[0], "E1", "runs", "nutri-backend", green("3 of 3")),))

    monkeypatch.setattr(checks, "verify", verify)
    assert run("scale", "backend", "3") == 2
    assert written == []
    assert run("scale", "backend", "3", "--yes") == 0
    assert written == [{"nutri:services.nutri-backend.replicas": "3"}]
    assert looked == [
        {(name, "nutri-backend") for name in ("containers", "health", "spread")},
    ]
