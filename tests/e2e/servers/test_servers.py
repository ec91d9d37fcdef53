"""One server, two, one of them lost, both resized, one again; each test goes on from the last."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from runbook.monitor import Monitor, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target
    from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(1500)]
_RATE = 20.0


@contextlib.contextmanager
def _traffic(target: Target) -> Iterator[tuple[Monitor, ...]]:
    """Constant requests to every service."""
    with contextlib.ExitStack() as stack:
        yield tuple(
            stack.enter_context(watching(target, service, rate=_RATE))
            for service in target.services
        )


def _failed(monitors: tuple[Monitor, ...]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for monitor in monitors:
        assert monitor.report().requests > 100
        kinds |= monitor.report().kinds
    return kinds


def _check(fleet: Stack, *names: str) -> tuple[int, str]:
    done = fleet.runbook("check", *names)
    return done.returncode, done.stdout + done.stderr


def test_a_second_server_joins_without_a_lost_request(fleet: Stack, target: Target) -> None:
    """Server 1 is not touched; replicas are on both, behind a balancer that the names lead to."""
    with _traffic(target) as monitors:
        fleet.config["nutri:servers"] = 2
        fleet.up()
    assert _failed(monitors) == {}
    grown = fleet.described()
    assert [server.id for server in grown.servers][:1] == [target.servers[0].id]
    assert grown.balancer is not None
    assert _check(fleet, "S2", "dns", "certificate", "redirect", "shut-ports")[0] == 0
    assert fleet.pulumi("preview", "--expect-no-changes").returncode == 0, fleet.last
