"""What the pages name exists: commands, settings, checks, files; and nothing is left out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checks import CHECKS
from runbook.cli import whole
from tests.unit.docs.settings_table import declared, secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_IDS = [str(page.relative_to(ROOT)) for page in PAGES]
_SETTINGS = {*declared(), *secrets()}
_CLI = whole()  # the whole tree is built anew at each call
# `-s P1` and `[TAG]` alike: what follows a verb up to the end of the code.
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PLAIN = {"VERB", "--help", "--install-completion"}
_OF_THE_PROVIDER = {
    f"hcloud:{one}" for one in ("endpoint", "endpointHetzner", "pollInterval", "pollFunction")
}


def _commands(text: str) -> Iterator[str]:
    """What is typed: in a line of code, or behind a prompt."""
    for line in _CODE.findall(text):
        if line.startswith("runbook "):
            yield line
    for block in _BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ runbook "):
                yield line.removeprefix("$ ").partition("  #")[0].strip()


def _verb(words: list[str]) -> tuple[Any, list[str]]:
    """The command of the CLI that is meant, and the words after it."""
    command: Any = _CLI
    while words and words[0] not in _PLAIN and hasattr(command, "commands"):
        name, *words = words
        assert name in command.commands, f"{command.name} {name}"
        command = command.commands[name]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=_IDS)
def test_every_command_is_one(page: Path) -> None:
    """A verb of the CLI with options it has, and checks there are."""
    for typed in _commands(page.read_text()):
        plain = re.sub(r"[\[\]]", " ", typed).replace("...", "x").replace("|", " ")
        command, words = _verb(shlex.split(plain)[1:])
        known = _PLAIN | {one for param in command.params for one in param.opts}
        own = words[: words.index("--")] if "--" in words else words
        given = {one.split("=")[0] for one in own if re.match(r"--?[a-z]", one)}
        assert given <= known, f"{typed}: {given - known}"
        if command.name == "check":
            names = {one for one in own if re.fullmatch(r"[A-Z]\d|[a-z]+(-[a-z]+)*", one)}
            assert names <= {n for check in CHECKS for n in (check.id, check.runbook)}, typed


@pytest.mark.parametrize("page", PAGES, ids=_IDS)
def test_every_setting_is_one(page: Path) -> None:
    """`nutri:tier` is in Pulumi.yaml, and so is what `pulumi config set` is given."""
    text = page.read_text()
    named = set(re.findall(r"(?<![/\w])((?:nutri|hcloud):[a-z]\w+)(?![\w:])", text))
    typed = {f"nutri:{one}" for one in re.findall(r"pulumi config set (?:--secret )?(\w+) ", text)}
    assert named | typed <= {*_SETTINGS, *_OF_THE_PROVIDER}


@pytest.mark.parametrize("page", PAGES, ids=_IDS)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Within the repository; a picture is no larger than a page should be."""
    for place in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", page.read_text()):
        if "://" not in place:
            file = (page.parent / place).resolve()
            assert file.exists(), place
            assert file.suffix != ".png" or file.stat().st_size < 300_000


@pytest.mark.parametrize("page", PAGES, ids=_IDS)
def test_every_place_in_the_code_is_there(page: Path) -> None:
    """`infra/app/labels.py`: a file, a folder, or a pattern that finds some."""
    tops = "agent|app.yaml|checks|clients|common|config|infra|localcloud|runbook|tests|tools"
    for place in re.findall(rf"`((?:{tops})/[\w./*-]*)`", page.read_text()):
        assert list(ROOT.glob(place.rstrip("/"))), place


def test_every_setting_is_on_a_page() -> None:
    """Whoever wonders what it does finds it."""
    text = "".join(page.read_text() for page in PAGES)
    assert [one for one in _SETTINGS if one not in text] == []


def test_every_page_is_in_the_index() -> None:
    """Nobody reads what nothing leads to."""
    index = (ROOT / "docs" / "README.md").read_text()
    places = [str(page.relative_to(ROOT / "docs")) for page in PAGES[1:]]
    assert [one for one in places if one != "README.md" and f"({one})" not in index] == []


def test_every_check_has_its_row() -> None:
    """In the table of checks, with its procedure, and whether `pulumi up` runs it."""
    rows = re.findall(
        r"^\| `([\w-]+)`( up| on request|) \| [^|]+ \| ([A-Z]\d) \|",
        (ROOT / "docs" / "checks.md").read_text(),
        re.MULTILINE,
    )
    kinds = {(True, False): " up", (False, True): " on request", (False, False): ""}
    known = [(one.id, kinds[one.proves_change, one.on_request], one.runbook) for one in CHECKS]
    assert [one for one in known if one not in rows] == []


def test_every_remedy_names_verbs_there_are() -> None:
    """Whoever is told to type `runbook x` can."""
    for file in (*(ROOT / "checks").glob("*.py"), *(ROOT / "runbook").rglob("*.py")):
        text = re.sub(r'"\s*\n\s*f?"', "", file.read_text())
        for typed in re.findall(r"`runbook ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text):
            _verb(typed.split())


_EMERGENCIES = sorted((ROOT / "docs" / "emergencies").glob("*.md"))
_SCREEN = 40


@pytest.mark.parametrize("page", _EMERGENCIES, ids=[one.stem for one in _EMERGENCIES])
def test_an_emergency_page_begins_with_the_surroundings_and_fits_a_screen(page: Path) -> None:
    """Whoever is woken up types the first line in a shell that knows nothing."""
    text = page.read_text()
    first = _BLOCK.findall(text)[0].splitlines()[0]
    assert first.startswith("$ . bin/env prod")
    assert len(text.splitlines()) <= _SCREEN


def test_every_emergency_page_is_in_the_index() -> None:
    """Else nobody finds it at night."""
    index = (ROOT / "docs" / "README.md").read_text()
    assert [one.name for one in _EMERGENCIES if f"emergencies/{one.name}" not in index] == []


_UNREADABLE = (
    "gets on with it",
    "then check again",
    "open door",
    "only the ones that",
    "mend that first",
)


@pytest.mark.parametrize("words", _UNREADABLE)
def test_no_page_and_no_message_needs_a_second_reading(words: str) -> None:
    """Examples of what had to go; the ten rules are in CONTRIBUTING.md."""
    texts = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    texts += [file for part in ("checks", "runbook") for file in (ROOT / part).rglob("*.py")]
    assert [str(file) for file in texts if words in file.read_text()] == []


def test_the_style_page_has_ten_rules() -> None:
    """Numbered, so that a review can name one."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert len(re.findall(r"^\d+\. \*\*", text, re.MULTILINE)) == 10


def test_no_page_lists_a_thing_twice() -> None:
    """Each check has one row, each page one line of the index."""
    for name, cell in (("checks.md", r"^\| `([\w-]+)`"), ("README.md", r"\]\(([^)]+)\) \|$")):
        found = re.findall(cell, (ROOT / "docs" / name).read_text(), re.MULTILINE)
        assert sorted(found) == sorted(set(found)), name
