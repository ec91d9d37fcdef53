"""How the whole suite is spread over two workers: what shares a platform stays together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a value is made or tested says more of the machine than of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

_HERE = Path(__file__).parent
_LAYERS = ("unit", "contract", "e2e")
_LONGEST = ("test_platform.py", "data")  # short ones fill the end
# Whole platforms under load, broken, lost and made again: `make test-long`, by night.
_LONG = ("deploy", "mutants", "recovery", "servers", "supabase", "upkeep")


def _place(item: pytest.Item) -> tuple[str, ...]:
    return item.path.relative_to(_HERE).parts


def _group(item: pytest.Item) -> str:
    """Return a file of unit tests, else the folder: its tests share what they started."""
    layer, *rest = _place(item)
    return "/".join([layer, *rest]) if layer == "unit" else f"{layer}/{rest[0]}"


def _rank(item: pytest.Item) -> tuple[int, int]:
    layer, name, *_ = (*_place(item), "")
    return (
        _LAYERS.index(layer) if layer in _LAYERS else len(_LAYERS),
        _LONGEST.index(name) if name in _LONGEST else len(_LONGEST),
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tell its group, before xdist looks, and whether it is one of the long ones."""
    item.add_marker(pytest.mark.xdist_group(_group(item)))
    layer, name, *_ = (*_place(item), "")
    if layer == "e2e" and name in _LONG:
        item.add_marker(pytest.mark.long)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring all into the order of their weight where workers share them."""
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)
