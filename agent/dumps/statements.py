"""A look at SQL on its way into psql: each statement at the top has to be one that dumps have.

None of those ends a transaction. What stands in strings, comments, bodies of functions and rows of
`copy` is no statement: the text is taken apart as psql itself does it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent.dumps.errors import CorruptDumpError

# `BEGIN` within a transaction does nothing; pg_restore writes one at its own beginning.
_ALLOWED = frozenset({
    b"alter", b"begin", b"comment", b"copy", b"create", b"grant", b"insert", b"refresh", b"revoke",
    b"security", b"select", b"set",
})  # fmt: skip
# Of psql's own commands, these are what pg_restore writes; others could do anything.
_META = frozenset({b"\\restrict", b"\\unrestrict"})
_LETTER = rb"[A-Za-z_\x80-\xff]"
_MORE = rb"[A-Za-z0-9_\x80-\xff]"
_TOKEN = re.compile(
    rb"(?P<blank>\s+)"
    rb"|(?P<line>--)"
    rb"|(?P<comment>/\*)"
    rb"|(?P<escaped>[eE]')"
    rb"|(?P<string>(?:[uU]&)?')"
    rb"|(?P<name>(?:[uU]&)?\")"
    rb"|(?P<dollar>\$(?:" + _LETTER + _MORE + rb"{0,62})?\$)"
    rb"|(?P<endless>\$" + _LETTER + _MORE + rb"{63})"
    rb"|(?P<word>" + _LETTER + rb"[A-Za-z0-9_$\x80-\xff]*)"
    rb"|(?P<end>;)"
    rb"|(?P<meta>\\[a-z]*)"
    rb"|(?P<other>[0-9][0-9A-Za-z_.]*|.)",
    re.DOTALL,
)
_ROWS_END = re.compile(rb"\n\\\.\r?\n")
_ENDS = {
    "line": re.compile(rb"\n"),
    "meta": re.compile(rb"\n"),
    "string": re.compile(rb"'"),
    "name": re.compile(rb'"'),
    "escaped": re.compile(rb"'"),
    "comment": re.compile(rb"/\*|\*/"),
    "rows": _ROWS_END,
}
_QUOTES = frozenset({"string", "escaped", "name", "dollar", "endless"})
# Neither what a backslash takes the meaning of, nor a doubled quote, ends a string.
_WITHIN_ESCAPED = re.compile(rb"(?:\\.|''|[^\\'])*", re.DOTALL)
_HELD = 256
"""Bytes that wait for more, so that no token is cut in two."""
_STRINGS = b"standard_conforming_strings"


@dataclass
class _Statement:
    """What psql knows of the statement it reads."""

    first: list[bytes] = field(default_factory=list)
    last: tuple[bytes, bytes] = (b"", b"")
    parentheses: int = 0
    blocks: int = 0
    """`begin atomic` and `case` that are open in the body of a function."""

    def add(self, word: bytes) -> None:
        """Note a word."""
        if self._has_body() and not self.parentheses:
            if word == b"begin" or (word == b"case" and self.blocks):
                self.blocks += 1
            elif word == b"end" and self.blocks:
                self.blocks -= 1
        if len(self.first) < len((b"create", b"or", b"replace", b"function")):
            self.first.append(word)
        self.last = (self.last[1], word)

    def _has_body(self) -> bool:
        words = [word for word in self.first if word not in {b"or", b"replace"}]
        return words[:1] == [b"create"] and words[1:2] in ([b"function"], [b"procedure"])

    @property
    def is_over(self) -> bool:
        """Whether a semicolon ends it."""
        return self.parentheses <= 0 and not self.blocks

    @property
    def takes_rows(self) -> bool:
        """Whether rows follow it."""
        return self.first[:1] == [b"copy"] and self.last == (b"from", b"stdin")


class Guard:
    """Reads a text piece by piece; what it read is handed on as it was."""

    def __init__(self) -> None:
        self._held = b""
        self._within = ""
        """What it is within, as the tokens and `_ENDS` name it."""
        self._depth = 0
        self._mark = _ROWS_END
        self._after_escaped = False
        self._statement = _Statement()

    def passed(self, piece: bytes) -> bytes:
        """The piece; raises CorruptDumpError for a statement that no dump has."""
        text, at, before = self._held + piece, 0, -1
        while before < at < len(text) - _HELD:
            before, at = at, self._step(text, at)
        self._held = text[at:]
        return piece

    def end(self) -> None:
        """Look at the rest; raises CorruptDumpError, also where it ends within a statement."""
        self.passed(b"\n" * (_HELD + 1))
        if self._within or self._statement.first:
            raise CorruptDumpError("pg_restore's text ends in the midst of a statement")

    def _step(self, text: bytes, at: int) -> int:
        """Read on from `at`; returns how far, `at` itself where more is needed."""
        if not self._within:
            return self._token(text, at)
        if self._within == "escaped":
            return self._escaped(text, at)
        found = (self._mark if self._within == "dollar" else _ENDS[self._within]).search(text, at)
        if found is None:
            return max(at, len(text) - _HELD)
        if self._within == "comment":
            self._depth += 1 if found[0] == b"/*" else -1
        self._within = "comment" if self._within == "comment" and self._depth else ""
        return found.end()

    def _escaped(self, text: bytes, at: int) -> int:
        within = _WITHIN_ESCAPED.match(text, at)
        at = within.end() if within else at
        if at + 1 >= len(text):  # another quote, or what a backslash is before, may follow
            return at
        self._within, self._after_escaped = "", True
        return at + 1

    def _token(self, text: bytes, at: int) -> int:
        found = _TOKEN.match(text, at)
        kind = str(found.lastgroup) if found else ""
        if found is None or (found.end() == len(text) and kind == "word"):
            return at
        self._look(kind, found[0])
        if kind != "end" or not self._statement.is_over:
            return found.end()
        return self._ended(text, found.end())

    def _look(self, kind: str, text: bytes) -> None:
        if self._after_escaped and kind == "string":  # it goes on, with backslashes
            raise _refused(text)
        self._after_escaped = self._after_escaped and kind in {"blank", "line"}
        if kind in _QUOTES and (not self._statement.first or kind == "endless"):
            raise _refused(text)
        if kind == "meta" and (text not in _META or self._statement.first):
            raise _refused(text)
        if kind == "word":
            self._word(text.lower())
        elif kind == "other":
            self._statement.parentheses += {b"(": 1, b")": -1}.get(text, 0)
        elif kind in {*_ENDS, "dollar"}:
            self._within, self._depth = kind, 1
            self._mark = re.compile(re.escape(text)) if kind == "dollar" else self._mark

    def _word(self, word: bytes) -> None:
        if not self._statement.first and word not in _ALLOWED:
            raise _refused(word)
        self._statement.add(word)
        if word == _STRINGS and self._statement.first != [b"set", _STRINGS]:
            raise _refused(word)

    def _ended(self, text: bytes, at: int) -> int:
        done, self._statement = self._statement, _Statement()
        if done.first[1:2] == [_STRINGS] and done.first[2:] != [b"on"]:
            raise _refused(_STRINGS)
        if not done.takes_rows:
            return at
        if text[at : at + 1] != b"\n":
            raise _refused(b"copy")
        self._within = "rows"
        return at  # the newline may be the one before `\.`


def _refused(text: bytes) -> CorruptDumpError:
    return CorruptDumpError(
        f"{text.decode(errors='replace')!r} stands where a statement begins that no dump has: it"
        " could end the restore before its time"
    )
