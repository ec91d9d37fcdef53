"""Reads an env file the way docker compose does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.\-\[\]]*)[ \t]*=[ \t]*")
_REFERENCE = re.compile(
    r"\$(?:(?P<escaped>\$)|\{(?P<braced>[A-Za-z_]\w*)(?::?-(?P<default>[^}]*))?\}"
    r"|(?P<named>[A-Za-z_]\w*))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


class EnvFileError(ValueError):
    """The file is none compose would take."""


def parse(text: str) -> dict[str, str]:
    """Variables of an env file, in its order; raises EnvFileError."""
    found: dict[str, str] = {}
    rest = text
    while rest.strip():
        if re.match(r"\s*#", rest):
            rest = rest.lstrip().partition("\n")[2]
            continue
        match = _KEY.match(rest)
        if match is None:
            raise EnvFileError(
                f"failed to read .env: unexpected text in variable name near "
                f"{_line_number(text, rest)}"
            )
        value, rest = _value(rest[match.end() :], found)
        found[match[1]] = value
    return found


def substitute(text: str, known: Mapping[str, str]) -> str:
    """`$NAME` and `${NAME}` replaced, `$$` as a dollar sign; unknown names become empty."""

    def replacement(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        return known.get(match["braced"] or match["named"]) or match["default"] or ""

    return _REFERENCE.sub(replacement, text)


def _value(rest: str, known: Mapping[str, str]) -> tuple[str, str]:
    quote = rest[:1]
    if quote not in {"'", '"'}:
        line, _, after = rest.partition("\n")
        plain = line.partition(" #")[0].rstrip()
        return substitute(plain, known), after
    end = _closing(rest, quote)
    inner, after = rest[1:end], rest[end + 1 :]
    if quote == "'":
        return inner, after
    return substitute(_unescaped(inner), known), after


def _closing(rest: str, quote: str) -> int:
    for index in range(1, len(rest)):
        if rest[index] == quote and rest[index - 1] != "\\":
            return index
    raise EnvFileError(f"failed to read .env: unterminated quoted value {quote}")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text)


def _line_number(text: str, rest: str) -> str:
    return f"line {text[: len(text) - len(rest)].count(chr(10)) + 1}"
