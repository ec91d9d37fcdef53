"""An existing `.env` file, read as the usual readers do; where they differ it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*")
_QUOTES = "'\"`"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*")


@dataclass(frozen=True)
class Entry:
    """One variable; `line` is where it begins."""

    name: str
    value: str
    line: int


class _MistakeError(Exception):
    """What is wrong, without a word of the value."""


def parse(text: str) -> dict[str, Entry]:
    """Return the variables by name, in order.

    Raises:
        OperatorError: every line that is wrong, or that two readers take for different things; no
            value is told.
    """
    found: dict[str, Entry] = {}
    problems: list[str] = []
    for line, entry in _entries(text.removeprefix("\ufeff").replace("\r\n", "\n")):
        if isinstance(entry, str):
            problems.append(f"line {line}: {entry}")
        elif entry.name in found:
            problems.append(
                f"line {line}: {entry.name} is in line {found[entry.name].line} too; keep one"
            )
        else:
            found[entry.name] = entry
    if problems:
        raise OperatorError("\n".join(problems))
    return found


def _entries(text: str) -> Iterator[tuple[int, Entry | str]]:
    at = 0
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        words = text[at:end].strip()
        if not words or words.startswith("#"):
            at = end + 1
            continue
        start = at + len(text[at:end]) - len(text[at:end].lstrip())
        head = _NAME.match(text, start, end)
        if not head:
            yield line, "is no NAME=value"
            at = end + 1
            continue
        try:
            value, at = _value(text, head.end(), end)
            yield line, Entry(head[1], value, line)
        except _MistakeError as mistake:
            yield line, f"{head[1]}: {mistake}"
            at = end + 1


def _value(text: str, start: int, end: int) -> tuple[str, int]:
    """The value that begins there, and where the next line does."""
    if start < end and text[start] in _QUOTES:
        return _quoted(text, start)
    plain = _COMMENT.sub("", text[start:end]).strip()
    if "#" in plain:
        raise _MistakeError(
            "has a # in a value without quotes, a comment to some; put it in quotes"
        )
    _require_no_reference(plain)
    if any(quote in plain for quote in _QUOTES):
        raise _MistakeError("has quotes within a value without any around it; put it in quotes")
    return plain, end + 1


def _quoted(text: str, start: int) -> tuple[str, int]:
    quote = text[start]
    end = start + 1
    while end < len(text) and text[end] != quote:
        end += 2 if text[end] == "\\" and quote == '"' else 1
    if end >= len(text):
        raise _MistakeError(f"the {quote} at its beginning is never closed")
    rest = _REST.match(text, end + 1)
    if not rest:
        raise _MistakeError(f"goes on behind the closing {quote}")
    inner = text[start + 1 : end]
    if quote == '"':
        _require_no_reference(re.sub(r"\\.", "", inner, flags=re.DOTALL))
        inner = re.sub(r"\\(.)", _escaped, inner, flags=re.DOTALL)
    elif inner.endswith("\\"):
        raise _MistakeError("has a backslash before the closing quote, an escape to some")
    return inner, rest.end()


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[0])


def _require_no_reference(value: str) -> None:
    if "${" in value:
        raise _MistakeError(
            "has a ${...}, which some readers fill in; write it out, or, if it is meant as it "
            "stands, in single quotes"
        )
