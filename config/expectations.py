"""What the checks judge against, where this stack wants it otherwise than by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from common.budgets import Budgets
from config.app_file import nearest
from config.base import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

OBJECTS = frozenset({"expectations"})
NAME = "nutri:expectations"


class StackBudgets(Budgets):
    """Budgets as the config spells them: `diskShare`."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class ExpectationSettings(Frozen):
    """Budgets of the checks."""

    expectations: StackBudgets = StackBudgets()


def problem(error: Mapping[str, Any]) -> str:
    """Say what is wrong with one budget."""
    place = ".".join((NAME, *map(str, error["loc"][1:])))
    if error["type"] == "extra_forbidden":
        known = [to_camel(name) for name in Budgets.model_fields]
        return f"{place}: is unknown; {nearest(error['loc'][-1], known)}"
    return f"{place}: {error['msg']}, and not {error['input']}"
