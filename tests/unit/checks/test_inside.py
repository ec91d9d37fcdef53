"""A service without a public name is asked on its servers, each container by its address."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Self

import pytest

import checks
from checks import Status, inside
from checks.observer import Observer
from checks.web import Answer
from clients.ssh import Result
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.checks.conftest import World

_DOCKER = """#!/bin/sh
case "$*" in
  *label=coolify.name=app-ml) echo one; echo two ;;
  *inspect*one) echo '/ml-1 127.0.0.1 10.0.0.9' ;;
  *inspect*two) echo '/ml-2' ;;
esac
"""
_CURL = """#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = --output ] && out=$2; shift; done
case "$1" in
  http://127.0.0.1:8000/health) printf '{"status": "healthy"}' >"$out"; printf '200 0.25 ' ;;
  *) printf '000 0.01 Could not resolve host'; exit 6 ;;
esac
"""


class _OwnShell:
    """In place of SSH: this machine's shell, with a docker and a curl of the test's."""

    def __init__(self, folder: Path) -> None:
        for name, text in (("docker", _DOCKER), ("curl", _CURL)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        self._path = f"{folder}:/usr/bin:/bin"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, script: str) -> Result:
        shell = shutil.which("sh")
        assert shell
        done = subprocess.run(
            [shell, "-c", script],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": self._path},
        )
        return Result(done.stdout, done.stderr, 0)


def _ask(world: World, make: Callable[[Any], Any], check: str) -> checks.Report:
    with world.observed() as (target, _):
        ml = target.services[1].model_copy(update={"url": "", "port": 8000})
        inner = target.model_copy(update={"services": (ml,)})
        return checks.run(
            inner,
            checks.select([check]),
            observe=lambda one: Observer(one, ssh=make),
        )


def test_each_container_is_asked(world: World, tmp_path: Path) -> None:
    """By its own address; one that has none is told."""
    shell = _OwnShell(tmp_path)
    (result,) = _ask(world, lambda _: shell, "health").results
    assert result.verdict.status is Status.RED
    assert result.verdict.message == "ml-2 on nutri-1, /health: Could not resolve host"


@pytest.mark.parametrize(
    ("line", "place", "answer"),
    [
        ("ml-1 200 0.5 \teyJhIjogMX0=", "ml-1 on s, /x", Answer(200, '{"a": 1}', 0.5)),
        ("ml-1 503 0.5 \t", "ml-1 on s, /x", Answer(503, "", 0.5)),
        ("ml-1 000 3 timed out\t", "ml-1 on s, /x", Answer(failure="timed out")),
        ("ml-1 000 3\t", "ml-1 on s, /x", Answer(failure="no answer")),
    ],
)
def test_an_answer_is_read(line: str, place: str, answer: Answer) -> None:
    """Code, seconds, body, or why there is none."""
    assert inside.parse(line, "s", "/x") == inside.Asked(place, answer)


@pytest.mark.parametrize("line", ["", "x", "bash: curl: not found", "a 200 0.5 \t%%%"])
def test_what_is_no_answer_is_no_evidence(line: str) -> None:
    """It raises, so the check is unknown."""
    with pytest.raises(OperatorError, match="does not answer as asked"):
        inside.parse(line, "s", "/x")


def test_no_container_is_red(world: World, tmp_path: Path) -> None:
    """Nobody there who could be asked."""
    shell = _OwnShell(tmp_path)
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    for check in ("health", "latency"):
        (result,) = _ask(world, lambda _: shell, check).results
        assert "no container of it runs" in result.verdict.message


@pytest.mark.parametrize("http", [True, False])
def test_a_service_inside_has_no_name_to_look_at(http: bool, world: World) -> None:
    """Nor has a worker; whatever else can be looked at is."""
    with world.observed() as (target, _):
        ml = target.services[1].model_copy(update={"url": "", "http": http})
        inner = target.model_copy(update={"services": (ml,)})
    asked = {one.id for one in checks.CHECKS if ml.name in one.subjects(inner)}
    assert not asked & {"dns", "aaaa", "certificate", "redirect", "maintenance"}
    assert {"containers", "errors", "slow", "version"} <= asked
    assert asked & {"health", "latency", "spread"} == (
        {"health", "latency", "spread"} if http else set()
    )


@pytest.mark.parametrize(("name", "is_green"), [("nutri-ml-service", True), ("other", False)])
def test_inside_a_name_leads_to_every_replica(name: str, is_green: bool, world: World) -> None:
    """No proxy deals requests out there, but the engine's own DNS."""
    world.aliases = {**world.aliases, "app-ml": f"app-ml {name}"}
    with world.observed() as (target, observe):
        ml = target.services[1].model_copy(update={"url": ""})
        inner = target.model_copy(update={"services": (ml,)})
        (result,) = checks.run(inner, checks.select(["spread"]), observe=observe).results
    assert result.verdict.is_green is is_green
    assert f"leads to {int(is_green)} of 1 replicas" in result.verdict.message
