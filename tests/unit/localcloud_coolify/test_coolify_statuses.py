"""Docker's words about containers as an application's status."""

from __future__ import annotations

import pytest

from localcloud.coolify.boot.statuses import by_application


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["7\trunning\tUp 5 minutes (healthy)"], "running:healthy"),
        (["7\trunning\tUp 5 minutes (unhealthy)"], "running:unhealthy"),
        (["7\trunning\tUp 1 second (health: starting)"], "running:starting"),
        (["7\trunning\tUp 5 minutes"], "running:unknown"),
        (["7\texited\tExited (0) 2 hours ago"], "exited:unhealthy"),
        (["7\trestarting\tRestarting (1) 2 seconds ago"], "restarting:unknown"),
        (
            ["7\trunning\tUp 5 minutes (healthy)", "7\texited\tExited (1) 1 second ago"],
            "degraded:unhealthy",
        ),
        (
            ["7\trunning\tUp 5 minutes (healthy)", "7\trunning\tUp 1 second (unhealthy)"],
            "running:unhealthy",
        ),
    ],
)
def test_statuses(lines: list[str], status: str) -> None:
    """The worst of several running ones; one that ended beside a running one is degraded."""
    assert by_application(lines) == {7: status}


def test_lines_of_something_else_are_passed_over() -> None:
    """Warnings of a client are no containers."""
    assert by_application(["WARNING: something", ""]) == {}
