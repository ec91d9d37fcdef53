"""Checks that may ask the engine: for what it would change, by a preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import checks
from checks.drift import DRIFT
from runbook.stack import find_project

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from checks import Report
    from checks.check import AnyCheck
    from checks.runner import Heard
    from common.changes import Change
    from common.target import Target
    from runbook.plan.engine import Engine

BOUND = 300.0
"""Seconds a run may take that has a preview in it."""


def run(
    target: Target,
    chosen: Sequence[AnyCheck],
    engine: Engine | None = None,
    *,
    only: Collection[tuple[str, str]] | None = None,
    heard: Heard | None = None,
) -> Report:
    """Run checks once; the engine is asked where a check wants it to be, beside the others.

    Args:
        target: the stack to look at.
        chosen: which checks.
        engine: for tests; default: the engine of the project we are in.
        only: as in `checks.run`.
        heard: as in `checks.run`.
    """
    if DRIFT not in chosen:
        return checks.run(target, chosen, only=only, heard=heard)
    from checks.observer import Observer  # noqa: PLC0415 - slow to load; few ask the engine
    from runbook.plan.engine import Engine  # noqa: PLC0415
    from runbook.plan.steps import steps  # noqa: PLC0415

    asked = engine or Engine(find_project(Path.cwd()), target.stack)

    def preview() -> Sequence[Change]:
        return [step.change for step in steps(asked.preview())]

    # It takes longest, so it begins first.
    ordered = sorted(chosen, key=lambda check: check is not DRIFT)
    report = checks.run(
        target,
        ordered,
        only=only,
        heard=heard,
        bound=BOUND,
        observe=lambda one: Observer(one, preview=preview),
    )
    return report.in_order(chosen)
