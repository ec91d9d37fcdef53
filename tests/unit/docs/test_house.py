"""The house: which folders there are, what their modules are called, and what runs on servers."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = (
    "acceptance",
    "agent",
    "checks",
    "clients",
    "common",
    "config",
    "infra",
    "runbook",
    "tools",
)
VAGUE = frozenset(
    {"base_utils", "beside", "front", "frozen", "handover", "helpers", "holes", "manager"}
    | {"members", "misc", "naming", "place", "rolling", "rotating", "stuff", "truth", "typed"}
    | {"util", "utils", "who"}
)
"""Words that tell nobody what is in a module; the field has one for each."""
FLAT = frozenset(
    {
        "__init__",
        "dynamic",
        "kinds",
        "orphaned",
        "outputs",
        "remote",
        "resource_labels",
        "stack_config",
        "state",
        "verification",
    }
)
"""What all rooms of the program share; everything else is in one of them."""
ROOMS = {"app", "backup", "coolify", "guard", "ingress", "scripts", "servers"}


def _modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def _names(path: Path) -> tuple[str, ...]:
    inner = path.relative_to(ROOT).with_suffix("")
    return tuple(part for part in inner.parts if part != "__init__")


def vague(paths: list[Path]) -> list[Path]:
    """Modules, or folders of them, whose name says nothing."""
    return [path for path in paths if VAGUE & set(_names(path))]


def twins(paths: list[Path]) -> list[tuple[Path, Path]]:
    """Modules of one folder that are one word and its -ing: `restart`, `restarting`."""
    found = []
    for path in paths:
        stem = path.stem.removesuffix("ing")
        if stem == path.stem:
            continue
        others = {stem, f"{stem}e", f"{stem}s", f"{stem}ions", stem[:-1]}
        found += [(path, one) for one in paths if one.parent == path.parent and one.stem in others]
    return found


def foreign(text: str) -> set[str]:
    """The top-level packages that a module imports, besides Python's own and `agent`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    tops = {name.partition(".")[0] for name in names}
    return tops - set(sys.stdlib_module_names) - {"agent"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    """The field has a word for what is in it."""
    assert vague(_modules(*FOLDERS)) == []
    assert vague([ROOT / "infra/members.py", ROOT / "infra/utils/__init__.py"]) != []


def test_no_two_modules_are_one_word_and_its_ing() -> None:
    """Which of them holds what, nobody could tell."""
    assert twins(_modules(*FOLDERS)) == []
    assert twins([ROOT / "runbook/restart.py", ROOT / "runbook/restarting.py"]) != []
    assert twins([ROOT / "runbook/migrations.py", ROOT / "runbook/migrating.py"]) != []


def test_the_program_is_in_rooms() -> None:
    """One finds a thing by what it is for; flat is only what all of them share."""
    assert {path.stem for path in (ROOT / "infra").glob("*.py")} == FLAT
    folders = {path.name for path in (ROOT / "infra").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == ROOMS


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_top_folder_is_on_the_page(folder: str) -> None:
    """A newcomer reads what it holds, and what it may import."""
    page = (ROOT / "docs/architecture.md").read_text()
    assert f"\n| `{folder}/" in page


def test_what_runs_on_a_server_needs_python_alone() -> None:
    """There is nothing of ours there, and no package but Python's own."""
    needed = {path.name: foreign(path.read_text()) for path in _modules("agent")}
    assert {name: found for name, found in needed.items() if found} == {}
    assert foreign("import os\nfrom common import errors\nfrom agent import libpq\n") == {"common"}
