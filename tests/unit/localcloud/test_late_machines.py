"""Machines that are made on first use."""

from __future__ import annotations

from typing import cast

import pytest

from localcloud.errors import LocalCloudError
from localcloud.hetzner.late import Once, late
from localcloud.hetzner.machines import MachineError, Machines


class _Stopped:
    """Just enough of machines to be asked something."""

    def running(self, _server_id: int) -> bool:
        return False


def test_they_are_made_once_and_not_before() -> None:
    """Making them is slow, so it happens on the first question and never again."""
    made: list[Machines] = []

    def make() -> Machines:
        made.append(cast("Machines", _Stopped()))
        return made[-1]

    machines = late(Once(make))
    assert made == []
    assert not machines.running(1)
    assert not machines.running(1)
    assert len(made) == 1
    with pytest.raises(AttributeError):
        getattr(machines, "anything")  # noqa: B009 - the type has none


def test_failure_is_the_machines_error_and_is_tried_again() -> None:
    """Without an engine an action fails with the reason; once there is one it works."""
    problems = [LocalCloudError("no Docker engine answers")]

    def make() -> Machines:
        if problems:
            raise problems.pop()
        return cast("Machines", _Stopped())

    machines = late(Once(make))
    with pytest.raises(MachineError, match="no Docker engine answers"):
        machines.running(1)
    assert not machines.running(1)
