"""One grammar over all verbs: the same thing is spelled alike wherever it is typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from runbook import command_line
from runbook import help as helping
from runbook.cli import main, whole
from runbook.output import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator


def _verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    children = getattr(command, "commands", None)
    if children is None:
        yield " ".join(path), command
    for name, child in (children or {}).items():
        yield from _verbs(child, (*path, name))


WHOLE = whole()
VERBS = dict(_verbs(WHOLE))
_RAW = re.compile(r"<(bool|str|int|float|path|list)|\[\[|Optional|range\]|list\[", re.IGNORECASE)
_LETTERS = {  # a letter means one thing
    "-s": "--stack",
    "-y": "--yes",
    "-n": "--lines",
    "-f": "--follow",
    "-t": "--timestamps",
    "-e": "--errors",
    "-g": "--grep",
    "-m": "--message",
    "-p": "--severity",
    "-v": "--verbose",
    "-w": "--watch",
    "-a": "--all",
}


def _opts(name: str) -> list[list[str]]:
    return [one.opts for one in VERBS[name].params if one.param_type_name == "option"]


@pytest.mark.parametrize("name", VERBS)
def test_a_letter_means_one_thing(name: str) -> None:
    """`-s` is the stack everywhere, and the stack is `-s`."""
    for opts in _opts(name):
        for letter in (one for one in opts if len(one) == 2):
            assert _LETTERS[letter] in opts, (letter, opts)
        if "--stack" in opts:
            assert "-s" in opts


@pytest.mark.parametrize("name", VERBS)
def test_a_service_is_never_an_option(name: str) -> None:
    """It stands behind the verb."""
    assert not [opts for opts in _opts(name) if "--service" in opts]


@pytest.mark.parametrize("name", VERBS)
def test_one_way_to_skip_a_question_and_one_to_agree_to_a_loss(name: str) -> None:
    """`--yes`, and `--lose NAME`; what it was called before is still understood."""
    for opts in _opts(name):
        if {"-y", "--yes"} & set(opts):
            assert opts == ["--yes", "-y"]
        if {"--lose", "--again", "--overwrite"} & set(opts):
            assert opts == ["--lose", "--again", "--overwrite"]


@pytest.mark.parametrize("name", VERBS)
def test_exit_codes_are_the_same_everywhere(name: str) -> None:
    """0 is well; 2 is a mistake, or cannot be told; each is in the help."""
    epilog = VERBS[name].epilog
    codes = re.search(r"Exit codes: (.+)", epilog)
    assert codes
    if "the command's own" not in codes[1]:
        assert re.search(r"\b0 \w+", codes[1])
        assert re.search(r"\b2 \w+", codes[1])


@pytest.mark.parametrize("name", [*VERBS, ""])
def test_help_fits_a_terminal_and_names_no_types(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """80 columns, words for people, no `<str>`."""
    with pytest.raises(SystemExit):
        main([*name.split(), "--help"])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert not _RAW.search(out)


def test_every_verb_has_its_panel() -> None:
    """And every name of a panel is a verb; the emergency comes first."""
    names = {name for names in helping.PANELS.values() for name in names}
    assert names == set(WHOLE.commands)
    assert next(iter(helping.PANELS)) == "Emergency"
    panels = [getattr(command, "rich_help_panel", None) for command in WHOLE.commands.values()]
    assert set(panels) == set(helping.PANELS)


def test_json_says_when_and_by_which_version(capsys: pytest.CaptureFixture[str]) -> None:
    """So that a file of yesterday is not taken for today's."""
    print_json({"a": 1})
    out = capsys.readouterr().out
    assert re.search(r'"told_at": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"', out)
    assert re.search(r'"told_by": "runbook \d+\.\d+', out)


def test_what_was_typed_is_known_without_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the history: the verb with its arguments."""
    monkeypatch.setenv("PULUMI_STACK", "nothing-here")
    with pytest.raises(SystemExit):
        main(["deploy", "nutri-backend", "good-2", "--rate", "20", "--yes"])
    assert command_line.line() == "runbook deploy nutri-backend good-2"
