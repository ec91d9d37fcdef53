"""What holds for the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a value is made or tested says more of the machine than of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# Whose environment leads to a real stack, or to another cloud, tests it as little as anybody else.
_KEPT = ("PULUMI_HOME", "NUTRI_CACHE", "_RECORD", "_TRANSCRIPT")
for _name in [name for name in os.environ if not name.endswith(_KEPT)]:
    if _name.startswith(("PULUMI_", "HCLOUD_", "NUTRI_", "LOCALCLOUD_")):
        del os.environ[_name]

_E2E = Path(__file__).parent / "e2e"
# Whole platforms under load, broken, lost and made again: `make test-long`, by night.
_LONG = ("data", "deploy", "mutants", "recovery", "servers", "supabase", "upkeep")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the long ones."""
    if any(item.path.is_relative_to(_E2E / name) for name in _LONG):
        item.add_marker(pytest.mark.long)
