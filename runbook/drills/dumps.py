"""Drills of the dumps: done by the server in a repository of its own, beside the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook import dumps
from runbook.drills.report import Drill, Outcome, Phase

if TYPE_CHECKING:
    from common.target import Target


def run(target: Target, name: str, command: str) -> Drill:
    """Have the server do a drill; its phases become the report's.

    Raises:
        OperatorError: it could not be begun.
    """
    drill = Drill(name=name, stack=target.stack)
    try:
        done = dumps.ask(target, command)
    except dumps.DumpFailedError as error:
        drill.error = str(error)
        return drill
    for one in done["phases"]:
        seconds = round(one["seconds"], 3)
        drill.phases.append(
            Phase(name=one["name"], at=round(drill.seconds, 3), seconds=seconds, note=one["note"])
        )
    drill.outcome = Outcome.RECOVERED
    return drill
