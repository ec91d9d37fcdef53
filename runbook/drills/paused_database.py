"""The drill of a paused database: paused by Supabase's own API, seen by the check, restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import checks
from checks import Status
from clients.supabase import Phase
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until
from runbook.database import Doctor
from runbook.drills.report import Drill

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook.database.live import LiveTools

NAME = "paused-database"
_PAUSE_SECONDS = 600.0
_DETECT_SECONDS = 300.0
_HEALTHY_SECONDS = 120.0
_CHECKS = ("database-status", "pool", "pooled-url", "health")


def run(tools: LiveTools, say: Callable[[str], None]) -> Drill:
    """Pause, wait for the check to see it, let the doctor restore it, verify.

    Whatever happens in between, the project is asked to come back.

    Raises:
        OperatorError: it is not well to begin with, so nothing was done.
    """
    before = checks.run(tools.target, checks.select(_CHECKS))
    if before.exit_code:
        raise OperatorError(f"the drill begins on a healthy stack only: {before.summary()}")
    drill = Drill(name=NAME, stack=tools.target.stack)
    with drill.running(say) as phase:
        try:
            with phase("pausing the project by Supabase's API"):
                tools.supabase.pause()
            with phase("detection: the check database-status turns red") as timer:
                timer.note = _detected(tools)
            with phase("the pause is complete"):
                _wait_for_pause(tools)
            with phase("recovery: runbook database doctor"):
                Doctor(tools, say).run()
            with phase("verification: all is green again") as timer:
                timer.note = _verified(tools)
        finally:
            _bring_back(tools, say)
    found = {phase.name.partition(":")[0]: phase for phase in drill.phases}
    for name in ("detection", "recovery"):
        if name in found:
            drill.measures[f"{name}_seconds"] = found[name].seconds
    return drill


def _detected(tools: LiveTools) -> str:
    def look() -> str:
        report = checks.run(tools.target, checks.select(["database-status"]))
        if any(one.verdict.status is Status.RED for one in report.results):
            return report.results[0].verdict.message
        raise NotYetError("the check is not red")

    return wait_until(
        "the check to see it", look, bound=_DETECT_SECONDS, interval=0.5, retry_on=NotYetError
    )


def _wait_for_pause(tools: LiveTools) -> None:
    def is_paused() -> bool:
        project = tools.supabase.project()
        if project.phase is not Phase.PAUSED:
            raise NotYetError(f"its status is {project.status}")
        return True

    wait_until("the project to be paused", is_paused, bound=_PAUSE_SECONDS, retry_on=NotYetError)


def _verified(tools: LiveTools) -> str:
    report = checks.verify(tools.target, _CHECKS, settle=_HEALTHY_SECONDS)
    if report.exit_code:
        raise OperatorError(f"not all is green again: {report.summary()}\n{report.table()}")
    return report.summary()


def _bring_back(tools: LiveTools, say: Callable[[str], None]) -> None:
    try:
        if tools.supabase.project().phase is Phase.PAUSED:
            tools.restore_project()
            say("the project was asked to come back")
    except OperatorError as error:
        say(f"the project may still be paused: {error}; run `runbook database doctor`")
