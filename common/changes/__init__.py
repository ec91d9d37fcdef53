"""What a change of the platform may cost: one judgement for the guard and for `runbook plan`."""

from __future__ import annotations

from common.changes.acknowledgement import (
    ALL_DELETED,
    TAKE_OUT,
    Acknowledgements,
    open_door,
    remedy,
)
from common.changes.classify import classify, is_guarded, is_watched
from common.changes.model import Change, Downtime, Finding, Op, Risk, changed_keys
from common.changes.server import SPARE

__all__ = [
    "ALL_DELETED",
    "SPARE",
    "TAKE_OUT",
    "Acknowledgements",
    "Change",
    "Downtime",
    "Finding",
    "Op",
    "Risk",
    "changed_keys",
    "classify",
    "is_guarded",
    "is_watched",
    "open_door",
    "remedy",
]
