"""What holds for the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a value is made or tested says more of the machine than of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

_E2E = Path(__file__).parent / "e2e"
# Whole platforms under load, broken, lost and made again: `make test-long`, by night.
_LONG = ("data", "deploy", "mutants", "recovery", "servers", "supabase", "upkeep")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the long ones."""
    if any(item.path.is_relative_to(_E2E / name) for name in _LONG):
        item.add_marker(pytest.mark.long)
