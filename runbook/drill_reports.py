"""The report that a drill left behind, as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from checks.page.drill import Step, Timeline
from common.errors import OperatorError

if TYPE_CHECKING:
    from pathlib import Path

_WELL = "recovered"


class _Phase(BaseModel):
    name: str
    at: float
    seconds: float


class _Report(BaseModel):
    name: str
    outcome: str
    phases: list[_Phase]


def read(file: Path | None) -> Timeline | None:
    """A drill's JSON (`runbook drill NAME --json`); None without a file.

    Raises:
        OperatorError: when it cannot be read, or is no such report.
    """
    if file is None:
        return None
    try:
        found = _Report.model_validate_json(file.read_bytes())
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise OperatorError(
            f"{file} is no report of a drill; right is what `runbook drill NAME --json` prints"
        ) from error
    last = len(found.phases)
    steps = (
        Step(one.name, one.at, one.seconds, well=found.outcome == _WELL or number < last)
        for number, one in enumerate(found.phases, 1)
    )
    return Timeline(found.name, tuple(steps))
