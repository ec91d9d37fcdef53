"""Brings a maintenance about by the engine, and proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

import checks
from runbook import output
from runbook.maintenance.setting import SETTING, write
from runbook.stack import load_target

if TYPE_CHECKING:
    from common.maintenance import Maintenance
    from common.target import Target
    from runbook.updates import Updates

_SETTLE_SECONDS = 60.0
SHOWN = ("maintenance",)
SERVES = ("maintenance", "containers", "health", "spread", "version")


def bring_about(updates: Updates, one: Maintenance) -> Target:
    """Change the config value and run the engine; the target afterwards.

    Raises:
        typer.Exit: the update failed, and what to do was said.
    """
    write(updates, one)
    output.say(f"{SETTING} is {one.mode} now; `pulumi up` brings it about:")
    if not updates.up():
        output.say(f"the update failed. {SETTING} stays {one.mode}: mend it, then the same again")
        raise typer.Exit(1)
    return load_target(updates.stack)


def proven(target: Target, ids: tuple[str, ...]) -> checks.Report:
    """What the checks say, given time to settle."""
    return checks.verify(target, ids, settle=_SETTLE_SECONDS)
