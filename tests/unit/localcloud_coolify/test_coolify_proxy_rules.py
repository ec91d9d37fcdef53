"""Rules of routers: parsed, multiplied out, written as HAProxy's conditions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.coolify.proxy.rules import RuleError, conditions, hosts, parse

HOST_A = "{ hdr(host),host_only -m str -i 'a' }"
HOST_B = "{ hdr(host),host_only -m str -i 'b' }"
BELOW = "{ path -m beg '/x' }"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("Host(`a`)", (HOST_A,)),
        ("Host(`a`) && PathPrefix(`/x`)", (f"{HOST_A} {BELOW}",)),
        ("Host(`a`) || Host(`b`)", (HOST_A, HOST_B)),
        (
            "(Host(`a`) || Host(`b`)) && PathPrefix(`/x`)",
            (f"{HOST_A} {BELOW}", f"{HOST_B} {BELOW}"),
        ),
        ("Host(`a`) && !PathPrefix(`/x`)", (f"{HOST_A} !{BELOW}",)),
        ("!(Host(`a`) && PathPrefix(`/x`))", (f"!{HOST_A}", f"!{BELOW}")),
        ("!(Host(`a`) || Host(`b`))", (f"!{HOST_A} !{HOST_B}",)),
        ("Host(`a`, `b`)", ("{ hdr(host),host_only -m str -i 'a' 'b' }",)),
        ("Header(`X-Key`, `1`)", ("{ req.hdr(X-Key) -m str '1' }",)),
        ("HostRegexp(`^(a|b)$`)", ("{ hdr(host),host_only -m reg -i '^(a|b)$' }",)),
    ],
)
def test_rules_become_conditions(rule: str, expected: tuple[str, ...]) -> None:
    """Each condition is one alternative; within it everything has to hold."""
    assert conditions(rule) == expected


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("Host(a)", "cannot read"),
        ("Host(`a`) &&", "is missing"),
        ("(Host(`a`)", "not closed"),
        ("Host(`a`) Host(`b`)", "cannot read"),
        ("Nonsense(`a`)", "is not supported"),
        ("Host(`a'b`)", "cannot be written"),
        ("Header(`X Y`, `1`)", "is no name"),
        ("", "is missing"),
    ],
)
def test_bad_rules_are_told(rule: str, said: str) -> None:
    """Nothing that cannot be written reaches HAProxy's file."""
    with pytest.raises(RuleError, match=said):
        conditions(rule)


def test_hosts_are_those_a_certificate_is_for() -> None:
    """Negated ones are not, and each is named once."""
    rule = "(Host(`a`) || Host(`b`)) && !Host(`c`) && (PathPrefix(`/x`) || PathPrefix(`/y`))"
    assert hosts(rule) == ("a", "b")


@given(st.text(alphabet="Host(`a`)&|! /'\"\n", max_size=40))
def test_any_text_is_a_rule_or_a_rule_error(text: str) -> None:
    """No other exception, and no condition with a line break."""
    try:
        parse(text)
        found = conditions(text)
    except RuleError:
        return
    assert all("\n" not in condition for condition in found)
