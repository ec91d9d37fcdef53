"""Env files as docker compose reads them, and `$` in labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.coolify.deploy.dotenv import EnvFileError, parse, substitute


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
        ("A='a$B #c'\n", {"A": "a$B #c"}),
        ("A=x\nB=$A-${A}\n", {"A": "x", "B": "x-x"}),
        ("A=$$\nB=${MISSING}end\n", {"A": "$", "B": "end"}),
        ("A=secret #1\n", {"A": "secret"}),
        ("A=secret#1\n", {"A": "secret#1"}),
        ("A='one\ntwo'\nB=3\n", {"A": "one\ntwo", "B": "3"}),
        ('A="a\\n$B"\n', {"A": "a\n"}),
        ("# a comment\n\nA=1\n", {"A": "1"}),
        ("A=\nB=1\n", {"A": "", "B": "1"}),
        ('A={"a": "b"}\n', {"A": '{"a": "b"}'}),
        ('A=a\\"b\n', {"A": 'a\\"b'}),
    ],
)
def test_values(text: str, expected: dict[str, str]) -> None:
    """Single quotes keep everything, without quotes `$` and ` #` mean something."""
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["A='it's'\n", "A='open\n", "nonsense\n", "1A=2\n"])
def test_files_compose_refuses(text: str) -> None:
    """A quote inside a literal breaks the whole file."""
    with pytest.raises(EnvFileError, match=r"failed to read \.env"):
        parse(text)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True), st.text(max_size=20)
    )
)
def test_literals_come_through_whole(values: dict[str, str]) -> None:
    """Whatever holds no single quote, no backslash and no odd line end is read as written."""
    plain = {
        key: "".join(char for char in value if char not in "'\\\r") for key, value in values.items()
    }
    assert parse("".join(f"{key}='{value}'\n" for key, value in plain.items())) == plain


def test_labels_look_for_dollar_signs() -> None:
    """Doubled ones come out single, others are looked up in the application's environment."""
    assert substitute("$$x ${HOST} $NONE!", {"HOST": "api"}) == "$x api !"
    assert substitute("${NONE:-default}", {}) == "default"
