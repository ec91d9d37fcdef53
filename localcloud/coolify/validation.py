"""Rules for the fields of a request, with the messages the framework words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.coolify.errors import ValidationFailedError

NOT_ALLOWED = "This field is not allowed."
_BOOLEANS = (True, False, 0, 1, "0", "1")
_Check = Callable[[object], "str | None"]


@dataclass(frozen=True)
class Rule:
    """What one field may hold."""

    check: _Check
    """Returns what is wrong, to follow "The <field> field ", or None."""
    nullable: bool = False
    required: bool = False

    def problem(self, name: str, fields: Mapping[str, Any]) -> str | None:
        """The message about this field, or None when it is right."""
        said = name.replace("_", " ")
        value = fields.get(name)
        if value is None and self.required:
            return f"The {said} field is required."
        if name not in fields or (value is None and self.nullable):
            return None
        wrong = self.check(value)
        return f"The {said} field {wrong}" if wrong else None


def text(
    *,
    nullable: bool = False,
    required: bool = False,
    most: int = 0,
    pattern: str = "",
) -> Rule:
    """A string; `pattern` must match all of it."""

    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return "must be a string."
        if most and len(value) > most:
            return f"must not be greater than {most} characters."
        if pattern and not re.fullmatch(pattern, value, re.DOTALL):
            return "format is invalid."
        return None

    return Rule(check, nullable, required)


def boolean(*, nullable: bool = False) -> Rule:
    """True or false, also as 0 and 1."""

    def check(value: object) -> str | None:
        good = isinstance(value, bool | int | str) and value in _BOOLEANS
        return None if good else "must be true or false."

    return Rule(check, nullable)


def integer(*, least: int | None = None, most: int | None = None, nullable: bool = False) -> Rule:
    """A whole number, also as a string of digits."""

    def check(value: object) -> str | None:
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)):
            return "must be an integer."
        number = int(str(value))
        if least is not None and number < least:
            return f"must be at least {least}."
        if most is not None and number > most:
            return f"must not be greater than {most}."
        return None

    return Rule(check, nullable)


def numeric() -> Rule:
    """A number."""

    def check(value: object) -> str | None:
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
            return "must be a number."
        return None

    return Rule(check)


def one_of(*choices: str, nullable: bool = False, required: bool = False) -> Rule:
    """One of a few words."""

    def check(value: object) -> str | None:
        return None if value in choices else "is invalid."

    return Rule(check, nullable, required)


def array(*, nullable: bool = False) -> Rule:
    """A list or an object."""

    def check(value: object) -> str | None:
        return None if isinstance(value, dict | list) else "must be an array."

    return Rule(check, nullable)


def anything() -> Rule:
    """Whatever is sent: known, and looked at elsewhere."""
    return Rule(lambda _: None, nullable=True)


def validate(fields: Mapping[str, Any], rules: Mapping[str, Rule]) -> None:
    """Raise ValidationFailedError with every field that is unknown or wrong."""
    errors = problems(fields, rules)
    if errors:
        raise ValidationFailedError(errors)


def problems(fields: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    """Every field that is wrong or unknown, with its messages."""
    found = {name: rule.problem(name, fields) for name, rule in rules.items()}
    errors = {name: [message] for name, message in found.items() if message}
    return {**errors, **refusals(fields, rules)}


def refusals(fields: Iterable[str], allowed: Iterable[str]) -> dict[str, list[str]]:
    """The fields nobody knows."""
    known = set(allowed)
    return {name: [NOT_ALLOWED] for name in fields if name not in known}
