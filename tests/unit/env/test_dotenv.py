"""An .env file is read as the usual readers do; what they read differently is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import OperatorError
from runbook.env.dotenv import parse

_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,20}", fullmatch=True)
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=60)


def _values(text: str) -> dict[str, str]:
    return {name: one.value for name, one in parse(text).items()}


def _double(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


@given(st.dictionaries(_NAMES, _TEXT, max_size=6), st.booleans())
def test_what_is_quoted_arrives_byte_for_byte(values: dict[str, str], export: bool) -> None:
    """Quotes, backslashes, #, $, several lines, unicode."""
    head = "export " if export else ""
    text = "\n# a comment\n".join(f"{head}{key}={_double(one)}" for key, one in values.items())
    assert _values(text) == values


@given(st.dictionaries(_NAMES, _TEXT, max_size=6))
def test_in_single_quotes_all_is_literal(values: dict[str, str]) -> None:
    """But the quote itself, and a backslash before it."""
    kept = {k: v for k, v in values.items() if "'" not in v and not v.endswith("\\")}
    text = "\n".join(f"{key} = '{one}'  # why" for key, one in kept.items())
    assert _values(text) == kept


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never a traceback."""
    try:
        parse(text)
    except OperatorError:
        return


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("# A=1\n\n  # b\n", {}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A= # only a comment", {"A": ""}),
        ("A=one two  # and why", {"A": "one two"}),
        ("  export\tA = x", {"A": "x"}),
        ("A=pa$word", {"A": "pa$word"}),
        ("A=a=b==", {"A": "a=b=="}),
        ('A="l1\\nl2\ttab \\q"', {"A": "l1\nl2\ttab \\q"}),
        (
            'A="-----BEGIN KEY-----\nabc\n-----END KEY-----"\nB=2',
            {
                "A": "-----BEGIN KEY-----\nabc\n-----END KEY-----",
                "B": "2",
            },
        ),
        ("A='it is \"${B}\" \\n'", {"A": 'it is "${B}" \\n'}),
        ('A=`it\'s "both"`', {"A": 'it\'s "both"'}),
        ('A="\\${B}"', {"A": "${B}"}),
        ('A=["https://a"]'.replace('"', ""), {"A": "[https://a]"}),
    ],
)
def test_the_usual_forms(text: str, values: dict[str, str]) -> None:
    """As dotenv of Node.js and of Python, and Compose, read them."""
    assert _values(text) == values


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A=1\nhunter2\n", "line 2: is no NAME=value"),
        ("export A", "line 1: is no NAME=value"),
        ("1A=hunter2", "line 1: is no NAME=value"),
        ("A=hunter2#3", "line 1: A: has a # in a value without quotes"),
        ("A=hunter2${B}", r"line 1: A: has a \$\{\.\.\.\}"),
        ('A="hunter2${B}"', r"line 1: A: has a \$\{\.\.\.\}"),
        ('A=hunter2"x"', "line 1: A: has quotes within"),
        ('\nA="hunter2\nB=2\n', 'line 2: A: the " at its beginning is never closed'),
        ('A="hunter2" x', 'line 1: A: goes on behind the closing "'),
        ("A='hunter2\\'", "line 1: A: has a backslash before the closing quote"),
        ("A=1\nB=2\nA=3", "line 3: A is in line 1 too; keep one"),
    ],
)
def test_what_readers_differ_in_is_refused(text: str, says: str) -> None:
    """By line and name, and never with the value."""
    with pytest.raises(OperatorError, match=says) as caught:
        parse(text)
    assert "hunter2" not in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    """And the lines that are right go on being read."""
    with pytest.raises(OperatorError) as caught:
        parse("what\nA=1\nB=a#b\nA=2\n")
    assert [one.partition(":")[0] for one in str(caught.value).splitlines()] == [
        "line 1",
        "line 3",
        "line 4",
    ]
