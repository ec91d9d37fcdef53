"""What must be true of a running platform: evidence, verdicts, a registry, reports."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from checks.report import ChecksFailedError, Report, Result
from checks.verdict import Status, Verdict

if TYPE_CHECKING:
    from checks.registry import CHECKS, select
    from checks.runner import run, verify

__all__ = [
    "CHECKS",
    "ChecksFailedError",
    "Report",
    "Result",
    "Status",
    "Verdict",
    "run",
    "select",
    "verify",
]

# Every check loads clients of its own: whoever looks at nothing does not wait for them.
_AT_FIRST_USE = {"CHECKS": "registry", "select": "registry", "run": "runner", "verify": "runner"}


def __getattr__(name: str) -> object:
    """Load what is slow to load when it is first asked for."""
    if name not in _AT_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_AT_FIRST_USE[name]}"), name)
