"""M1: what runs is what the program says: the engine's own preview expects no change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.check import Check
from checks.verdict import Verdict, green, red, unknown
from common.changes import Op
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checks.observer import Observer
    from common.changes import Change
    from common.target import Target

_SHOWN = 5


def _stack(target: Target) -> Mapping[str, Target]:
    return {target.stack: target}


def collect_drift(observer: Observer, _target: Target) -> Sequence[Change]:
    """What the engine would change, by a preview that looks at the clouds first.

    Raises:
        OperatorError: there is no engine here, or no preview.
    """
    if observer.preview is None:
        raise OperatorError("only `runbook` on a machine with the stack's state can ask the engine")
    return observer.preview()


def judge_drift(_stack: Target, changes: Sequence[Change], _target: Target) -> Verdict:
    """Green when nothing would change."""
    if not changes:
        return unknown("the preview lists no resource at all", "see `pulumi preview`")
    real = [one for one in changes if one.op is not Op.SAME]
    if not real:
        return green(f"{len(changes)} resources are as the program says")
    shown = ", ".join(map(_told, real[:_SHOWN])) + (", ..." if len(real) > _SHOWN else "")
    return red(
        f"{len(real)} of {len(changes)} resources differ from the program: {shown}",
        "see `runbook plan`, how; `pulumi up` brings the program's state back, "
        "or change the config to what is wanted",
    )


def _told(change: Change) -> str:
    keys = ", ".join(sorted(change.changed))
    return f"{change.name} ({change.op}{': ' if keys else ''}{keys})"


DRIFT = Check(
    "drift",
    "M1",
    "nothing differs from the program",
    _stack,
    collect_drift,
    judge_drift,
    proves_change=False,
    on_request=True,
)
