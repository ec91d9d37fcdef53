"""What a variable's value may be, so that it arrives in the container byte for byte.

Coolify trims what it is sent, fills in `{{team.NAME}}`, and writes an env file: every value
between single quotes, but a JSON list or object as it is.
"""

from __future__ import annotations

import json
import re

MOST_BYTES = 128 * 1024
"""What Linux takes for one variable, its name included."""
_SHARED = re.compile(r"\{\{\s*(team|project|environment|server)\.")
_PLAIN_TRAPS = {
    "\n": "a line end",
    "$": "a `$`",
    "\t#": "a `#` after a blank",
    " #": "a `#` after a blank",
}
_JSON = "Coolify hands a JSON list or object on without quotes"


def problem(name: str, value: str) -> str | None:
    """Say why a value cannot arrive as it is, without a word of it; None when it can."""
    if value != value.strip():
        return "begins or ends with a blank or a line end, which Coolify takes away"
    if "\0" in value or "\r" in value:
        return "holds a carriage return or a zero byte, which an env file cannot carry"
    if _SHARED.search(value):
        return "holds `{{team.`, or its like, which Coolify takes for one of its own variables"
    if len(f"{name}={value}".encode()) >= MOST_BYTES:
        return f"is longer than the {MOST_BYTES // 1024} KiB that Linux takes for a variable"
    return _unquoted(value) if _is_json(value) else _quoted(value)


def _quoted(value: str) -> str | None:
    if "'" in value:
        return (
            "holds a single quote ('), with which every deployment by Coolify fails; in a URL "
            "write %27, elsewhere choose a value without"
        )
    if value.endswith("\\"):
        return "ends with a backslash, which an env file takes for part of the closing quote"
    return None


def _unquoted(value: str) -> str | None:
    found = [word for trap, word in _PLAIN_TRAPS.items() if trap in value]
    return f"holds {found[0]}: {_JSON}, and it would not arrive" if found else None


def _is_json(value: str) -> bool:
    if not value.startswith(("{", "[")):
        return False
    try:
        json.loads(value)
    except ValueError:
        return False
    return True
