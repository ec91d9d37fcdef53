"""The config value that says what maintenance there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from common.errors import OperatorError
from common.maintenance import OFF, Maintenance, stamp

if TYPE_CHECKING:
    from runbook.updates import Updates

SETTING = "nutri:maintenance"


def read(updates: Updates) -> Maintenance:
    """What the config says; off where it says nothing.

    Raises:
        OperatorError: it says something else.
    """
    text = updates.value(SETTING)
    if not text:
        return OFF
    try:
        return Maintenance.model_validate(json.loads(text))
    except (ValueError, ValidationError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "no object"
        raise OperatorError(
            f"{SETTING}: {said}; `pulumi config rm {SETTING}` stands for no maintenance"
        ) from None


def write(updates: Updates, one: Maintenance) -> None:
    """Set the value, or take it out where there is no maintenance.

    Raises:
        StackError: pulumi refuses.
    """
    updates.unset(SETTING)
    if one.is_off or one.start is None or one.end is None:
        return
    values = {
        f"{SETTING}.mode": one.mode.value,
        f"{SETTING}.start": stamp(one.start),
        f"{SETTING}.end": stamp(one.end),
        f"{SETTING}.message": one.message,
    }
    services = {f"{SETTING}.services[{n}]": name for n, name in enumerate(one.services)}
    updates.set_values(values | services)
