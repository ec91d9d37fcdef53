"""Label selectors and labels, by the vendor's grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.labels import Selector, check_labels

_WORDS = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9._-]{0,20}[a-zA-Z0-9])?", fullmatch=True)
_LABELS = st.dictionaries(_WORDS, _WORDS | st.just(""), max_size=4)


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("env", True),
        ("!env", False),
        ("missing", False),
        ("!missing", True),
        ("env=prod", True),
        ("env==prod", True),
        ("env!=prod", False),
        ("missing!=x", True),
        ("env in (dev, prod)", True),
        ("env in (dev)", False),
        ("env notin (dev,prod)", False),
        ("missing notin (x)", True),
        ("missing in (x)", False),
        ("env=prod,role", True),
        ("env=prod,role=db", False),
        ("env in (dev,prod),!missing", True),
        ("example.com/team=blue", True),
        ("empty=", True),
        ("env=", False),
    ],
)
def test_selector(selector: str, matches: bool) -> None:
    """Each operator does what the vendor's documentation says, alone and together."""
    labels = {"env": "prod", "role": "web", "example.com/team": "blue", "empty": ""}
    assert Selector.parse(selector).matches(labels) is matches


@pytest.mark.parametrize(
    "text", ["=", "a=b=c", "a in b", "a in (", "!a=b", "a,,b", "a b", "-a", "a=b c", "in (a)", ","]
)
def test_malformed_selector(text: str) -> None:
    """What is no selector is an error, not an empty or full result."""
    with pytest.raises(InvalidInputError):
        Selector.parse(text)


@given(_LABELS, _WORDS, _WORDS)
def test_operators_are_opposites(labels: dict[str, str], key: str, value: str) -> None:
    """`k`/`!k`, `k=v`/`k!=v` and `in`/`notin` never agree."""
    for yes, no in (
        (key, f"!{key}"),
        (f"{key}={value}", f"{key}!={value}"),
        (f"{key} in ({value},x)", f"{key} notin ({value},x)"),
    ):
        assert Selector.parse(yes).matches(labels) is not Selector.parse(no).matches(labels)


@given(_LABELS)
def test_labels_select_themselves(labels: dict[str, str]) -> None:
    """All labels of a thing, joined to a selector, match the thing."""
    check_labels(labels)
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    assert Selector.parse(selector).matches(labels)


@pytest.mark.parametrize(
    "labels",
    [
        {"": "x"},
        {"a" * 64: "x"},
        {"a": "x" * 64},
        {"a_": "x"},
        {"a": "x-"},
        {"a/b/c": "x"},
        {"UPPER.com/a": "x"},
        {"hetzner.cloud/a": "x"},
    ],
)
def test_wrong_labels(labels: dict[str, str]) -> None:
    """Length, alphabet, ends and the reserved prefix are enforced."""
    with pytest.raises(InvalidInputError):
        check_labels(labels)
