"""The sampler makes each kind of mutant, once, and the same sample for the same seed."""

from __future__ import annotations

import pytest

from tools.mutants.__main__ import ROOT, load
from tools.mutants.changes import mutants


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("x = a == b", ["x = a != b"]),
        ("x = a < b", ["x = a <= b"]),
        ("x = a in b", ["x = a not in b"]),
        ("x = a and b", ["x = a or b"]),
        ("x = not a", ["x = a"]),
        ("x = a + b", ["x = a - b"]),
        ("x = True", ["x = False"]),
        ("x = 3", ["x = 4"]),
        ("if a:\n    b", ["if False:\n    b", "if True:\n    b"]),
        ("raise a", ["pass"]),
        ("f()", ["pass"]),
        ("def f():\n    return a", ["def f():\n    return None"]),
        ("x = 'text'", []),
        ("def f(x: int=None) -> 3:\n    pass", []),
    ],
)
def test_each_kind_of_change(source: str, changed: list[str]) -> None:
    """One place each; texts and annotations are left alone."""
    assert [one.source for one in mutants(source)] == changed


def test_a_mutant_knows_its_line() -> None:
    """As it was, so that a person finds it, and the list of equivalents it."""
    (one,) = mutants("def f():\n    raise Problem\n")
    assert (one.line, one.code, one.what) == (2, "raise Problem", "raises nothing")


def test_the_table_names_what_there_is() -> None:
    """Every module has files and tests."""
    for module in load():
        for place in (*module.files, *module.tests):
            assert list(ROOT.glob(place)), f"{module.name}: {place}"


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    """And another for another one; equivalents are never in it."""
    (waits,) = [one for one in load() if one.name == "waits"]
    drawn = waits.drawn(5, 1)
    assert drawn == waits.drawn(5, 1) != waits.drawn(5, 2)
    _, first = drawn[0]
    waits.equivalent.append({"code": first.code, "what": "*", "reason": "of this test"})
    assert first not in [one for _, one in waits.drawn(10_000, 1)]
