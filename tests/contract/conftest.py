"""The double of Hetzner's API, once for all contract tests, clean for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.hetzner_double import HetznerDouble, RunningDouble

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def hetzner_process() -> Iterator[HetznerDouble]:
    """The running API."""
    with RunningDouble() as double:
        yield double


@pytest.fixture
def hetzner(hetzner_process: HetznerDouble) -> Iterator[HetznerDouble]:
    """An API that remembers nothing; after the test, every answer was as the contract says."""
    hetzner_process.machines.clear()
    hetzner_process.turn("POST", "/reset")
    hetzner_process.machines.clear()
    hetzner_process.check.violations.clear()
    yield hetzner_process
    hetzner_process.machines.blocked.set()
    assert hetzner_process.check.violations == []
