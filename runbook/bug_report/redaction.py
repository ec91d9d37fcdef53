"""Blots out secrets: those we know by value, and whatever has the form or the name of one; pure."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOT = "[redacted]"
_SHORTEST = 4
_SURE = 8
"""From this length on a value is blotted out within words too."""
_BLANK = r"(?:\s|\\[nrt])+"
"""YAML breaks lines at blanks, and JSON writes a line's end as two characters."""
_NAMES = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key"
    r"|credential|authorization|cookie|session|salt|database_url|direct_url|redis_url|dsn)[\w.-]*"
)
_FORMS = (
    re.compile(
        r"-----BEGIN[A-Z\s]*PRIVATE\s+KEY-----.*?(?:-----END[A-Z\s]*PRIVATE\s+KEY-----|\Z)",
        re.DOTALL,
    ),
    re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+", re.IGNORECASE),
    re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"),  # a JSON web token
    re.compile(
        r"\b(?:gh[opsur]_|github_pat_|sbp_|sb_secret_|glpat-|xox[abprs]-|re_|sk_|rk_)\w{8,}"
    ),
    re.compile(r"\bAKIA[0-9A-Z]{12,}"),
    re.compile(r"\b\d+\|[A-Za-z0-9]{20,}"),  # as Coolify's API tokens
    re.compile(r"\b[A-Za-z0-9]{64}\b"),  # as Hetzner's
    re.compile(r"https://hooks\.slack\.com/\S+"),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),  # a person's address
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[^\s\"',]+", re.IGNORECASE)
_LOGIN = re.compile(r"(\w[\w+.-]*://)[^/\s\"'@]*@")
_IN_QUOTES = re.compile(
    rf"""(["']{_NAMES}["']\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*')""", re.IGNORECASE
)
_BARE = re.compile(
    rf"""\b({_NAMES}\s*[=:]\s*)(?!\[redacted\]|["'{{\[]|$)[^\s,;&"']+""",
    re.IGNORECASE | re.MULTILINE,
)
_ESCAPED = re.compile(rf"""(\\"{_NAMES}\\"\s*:\s*\\")(?:[^"\\]|\\[^"])*(\\")""", re.IGNORECASE)


@dataclass(frozen=True)
class Redaction:
    """What is known to be secret; a text of more than one form is known in all of them."""

    values: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Redaction:
        """From secrets as they are."""
        known = {form for one in secrets for form in _forms(one) if len(form.strip()) >= _SHORTEST}
        return cls(tuple(sorted(known, key=len, reverse=True)))

    def apply(self, text: str) -> str:
        """The text without any."""
        for value in self.values:
            text = _pattern(value).sub(BLOT, text)
        for form in _FORMS:
            text = form.sub(BLOT, text)
        text = _LOGIN.sub(rf"\1{BLOT}@", _BEARER.sub(rf"\1 {BLOT}", text))
        text = _ESCAPED.sub(rf"\1{BLOT}\2", text)
        text = _IN_QUOTES.sub(lambda found: f'{found[1]}"{BLOT}"', text)
        return _BARE.sub(rf"\1{BLOT}", text)

    def left(self, text: str) -> bool:
        """Whether a known secret is still in it."""
        return any(_pattern(value).search(text) for value in self.values)


@lru_cache(1024)
def _pattern(value: str) -> re.Pattern[str]:
    word = _BLANK.join(map(re.escape, value.split()))
    return re.compile(word if len(value) >= _SURE else rf"(?<!\w){word}(?!\w)")


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it may appear: whole, each line, encoded, and what a URL hides."""
    text = secret.strip()
    yield from (text, *(line.strip() for line in text.splitlines() if len(line.strip()) >= _SURE))
    yield quote(text, safe="")
    yield json.dumps(text)[1:-1]
    yield base64.b64encode(text.encode()).decode().rstrip("=")
    if "://" in text:
        yield from _of_url(text)


def _of_url(text: str) -> Iterator[str]:
    try:
        password = urlsplit(text).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
