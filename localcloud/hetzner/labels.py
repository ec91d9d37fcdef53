"""Labels and label selectors, as the vendor documents them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_DNS = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
_KEY = re.compile(rf"(?:{_DNS}/)?{_WORD}")
_VALUE = re.compile(rf"(?:{_WORD})?")
_RESERVED = "hetzner.cloud/"
_TERM = re.compile(
    r"(?P<absent>!)?\s*(?P<key>[^\s=!,()]+)\s*"
    r"(?:(?P<operator>==|=|!=)\s*(?P<value>[^\s=!,()]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?"
)


def check_labels(labels: Mapping[str, str]) -> None:
    """Raise InvalidInputError unless keys and values are labels."""
    for key, value in labels.items():
        if not _KEY.fullmatch(key):
            raise InvalidInputError.field("labels", f"label key {key!r} is not correctly formatted")
        if key.startswith(_RESERVED):
            raise InvalidInputError.field("labels", f"label prefix {_RESERVED!r} is reserved")
        if not _VALUE.fullmatch(value):
            raise InvalidInputError.field(
                "labels", f"label value {value!r} is not correctly formatted"
            )


@dataclass(frozen=True)
class Term:
    """One part of a selector: the key has to be there (or not), with one of the values."""

    key: str
    values: frozenset[str] | None
    wanted: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels satisfy the term; `k!=v` holds also where there is no `k`."""
        found = self.key in labels and (self.values is None or labels[self.key] in self.values)
        return found is self.wanted


@dataclass(frozen=True)
class Selector:
    """Terms that all have to hold."""

    terms: tuple[Term, ...]

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read a selector; raises InvalidInputError."""
        parts = _split(text) if text.strip() else []
        return cls(tuple(_term(part) for part in parts))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels satisfy every term."""
        return all(term.matches(labels) for term in self.terms)


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^()]*\))", text)]


def _term(text: str) -> Term:
    match = _TERM.fullmatch(text)
    if match is None or not _KEY.fullmatch(match["key"]):
        raise _malformed(text)
    if match["absent"] and (match["operator"] or match["set"]):
        raise _malformed(text)
    values = _values(match)
    if values is not None and not all(_VALUE.fullmatch(value) for value in values):
        raise _malformed(text)
    wanted = not match["absent"] and match["operator"] != "!=" and match["set"] != "notin"
    return Term(match["key"], values, wanted)


def _values(match: re.Match[str]) -> frozenset[str] | None:
    if match["set"]:
        return frozenset(value.strip() for value in match["values"].split(","))
    return frozenset({match["value"]}) if match["operator"] else None


def _malformed(text: str) -> InvalidInputError:
    return InvalidInputError.field("label_selector", f"{text!r} is no label selector")
