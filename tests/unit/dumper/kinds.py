"""The kinds of `kinds.sql`: all of them are in one database, so that one dump tells of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

APP = "postgres"
_FILE = Path(__file__).with_name("kinds.sql")
_HEAD = re.compile(r"^-- (?P<key>told|by): (?P<value>.*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Kind:
    """One kind."""

    name: str
    make: str
    question: str
    told: str
    by: str


def _parse(text: str) -> Kind:
    name, _, rest = text.partition("\n")
    facts = {found["key"]: found["value"] for found in _HEAD.finditer(rest)}
    make, _, question = _HEAD.sub("", rest).partition("-- question:\n")
    return Kind(name, make.strip(), question.strip(), facts.get("told", ""), facts.get("by", APP))


KINDS = tuple(map(_parse, _FILE.read_text(encoding="utf-8").split("\n-- kind: ")[1:]))
