"""Router rules: read as Traefik reads them, written as HAProxy's conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"\s*(?:(&&|\|\||!|\(|\))|(\w+)\s*\(\s*((?:`[^`]*`|\"[^\"]*\"|'[^']*'|[\s,])*)\))"
)
_ARGUMENT = re.compile(r"`([^`]*)`|\"([^\"]*)\"|'([^']*)'")
_ONE_ARGUMENT = {
    "host": "hdr(host),host_only -m str -i",
    "hostregexp": "hdr(host),host_only -m reg -i",
    "path": "path -m str",
    "pathregexp": "path -m reg",
    "pathprefix": "path -m beg",
    "method": "method -m str",
    "clientip": "src -m ip",
}
_TWO_ARGUMENTS = {
    "header": "req.hdr({}) -m str",
    "headers": "req.hdr({}) -m str",
    "headerregexp": "req.hdr({}) -m reg",
    "query": "url_param({}) -m str",
}


_PAIR = 2


class RuleError(ValueError):
    """A rule cannot be used; the text says what about it."""


@dataclass(frozen=True)
class Matcher:
    """One condition of a rule."""

    name: str
    """Lower case."""
    arguments: tuple[str, ...]
    negated: bool = False

    def condition(self) -> str:
        """The condition in HAProxy's words; raises RuleError."""
        sign = "!" if self.negated else ""
        if self.name in _ONE_ARGUMENT:
            values = " ".join(_quoted(value) for value in self.arguments)
            return f"{sign}{{ {_ONE_ARGUMENT[self.name]} {values} }}"
        if self.name in _TWO_ARGUMENTS and len(self.arguments) == _PAIR:
            key, value = self.arguments
            if not re.fullmatch(r"[\w-]+", key):
                raise RuleError(f"{self.name}: {key!r} is no name")
            return f"{sign}{{ {_TWO_ARGUMENTS[self.name].format(key)} {_quoted(value)} }}"
        raise RuleError(f"matcher {self.name}({', '.join(self.arguments)}) is not supported")


Term = tuple[Matcher, ...]
"""Conditions that all have to hold."""


def parse(rule: str) -> tuple[Term, ...]:
    """A rule as terms of which one has to hold; raises RuleError."""
    parser = _Parser(list(_tokens(rule)))
    terms = parser.either()
    if parser.tokens:
        raise RuleError(f"{rule!r}: cannot read it from {parser.tokens[0]!r} on")
    return terms


def conditions(rule: str) -> tuple[str, ...]:
    """A rule as HAProxy's conditions, of which one has to hold; raises RuleError."""
    terms = parse(rule)
    return tuple(" ".join(matcher.condition() for matcher in term) for term in terms)


def hosts(rule: str) -> tuple[str, ...]:
    """The hosts a rule names, as certificates need them."""
    found = [
        host
        for term in parse(rule)
        for matcher in term
        if matcher.name == "host" and not matcher.negated
        for host in matcher.arguments
    ]
    return tuple(dict.fromkeys(found))


class _Parser:
    """Recursive descent over tokens; always in the form "or of ands"."""

    def __init__(self, tokens: list[str | Matcher]) -> None:
        self.tokens = tokens

    def either(self) -> tuple[Term, ...]:
        terms = self.both()
        while self._skip("||"):
            terms += self.both()
        return terms

    def both(self) -> tuple[Term, ...]:
        terms = self.single()
        while self._skip("&&"):
            terms = tuple((*a, *b) for a, b in product(terms, self.single()))
        return terms

    def single(self) -> tuple[Term, ...]:
        if self._skip("!"):
            return _negated(self.single())
        if self._skip("("):
            terms = self.either()
            if not self._skip(")"):
                raise RuleError("a parenthesis is not closed")
            return terms
        token = self.tokens.pop(0) if self.tokens else "end of the rule"
        if not isinstance(token, Matcher):
            raise RuleError(f"a matcher such as Host(`name`) is missing before {token!r}")
        return ((token,),)

    def _skip(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False


def _negated(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Not (ab or cd) is (not a or not b) and (not c or not d), multiplied out."""
    choices = [[Matcher(m.name, m.arguments, not m.negated) for m in term] for term in terms]
    return tuple(product(*choices))


def _tokens(rule: str) -> Iterator[str | Matcher]:
    position, end = 0, len(rule.rstrip())
    while position < end:
        match = _TOKEN.match(rule, position)
        if match is None:
            raise RuleError(f"{rule!r}: cannot read it from {rule[position : position + 20]!r} on")
        position = match.end()
        yield match[1] or Matcher(match[2].lower(), _arguments(rule, match[3]))


def _arguments(rule: str, text: str) -> tuple[str, ...]:
    found = tuple("".join(parts) for parts in _ARGUMENT.findall(text))
    if not found or _ARGUMENT.sub("", text).replace(",", "").strip():
        raise RuleError(f"{rule!r}: arguments have to stand in backticks")
    return found


def _quoted(value: str) -> str:
    if "'" in value or not value.isprintable():
        raise RuleError(f"{value!r} holds a character that cannot be written")
    return f"'{value}'"
