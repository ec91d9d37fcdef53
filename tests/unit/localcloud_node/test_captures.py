"""A server that stands still while its disk is copied."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import APIError

from localcloud.node import captures


class Container:
    """One that a busy machine stops only after so many tries."""

    status = "running"

    def __init__(self, failures: int, why: str = "unable to freeze") -> None:
        self.failures, self.why = failures, why
        self.done: list[str] = []

    def reload(self) -> None:
        """Nothing changed."""

    def pause(self) -> None:
        """Fail first."""
        if self.failures:
            self.failures -= 1
            raise APIError(self.why)
        self.done.append("pause")

    def unpause(self) -> None:
        """Go on."""
        self.done.append("unpause")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "_PAUSE_SECONDS", 0.0)


def test_a_busy_machine_is_asked_again() -> None:
    """It stands still while the block runs, and goes on afterwards."""
    container: Any = Container(3)
    with captures._frozen(container):
        assert container.done == ["pause"]
    assert container.done == ["pause", "unpause"]


@pytest.mark.parametrize(("failures", "why"), [(5, "unable to freeze"), (1, "is not running")])
def test_what_does_not_stand_still_is_told(failures: int, why: str) -> None:
    """Not for ever, and nothing else again."""
    container: Any = Container(failures, why)
    with pytest.raises(APIError, match=why), captures._frozen(container):
        pass
    assert container.done == []
