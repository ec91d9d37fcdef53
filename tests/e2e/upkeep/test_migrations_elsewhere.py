"""Migrations by a checkout of the app, for an image that has no Prisma; and somebody else's.

One stack, one story, after that of the images: run the file as a whole.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from clients import postgres
from clients.dns import Resolver
from tests.e2e.conftest import ROOT, running_tags
from tests.e2e.upkeep.conftest import get

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from common.target import Target
    from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]

_APP = ROOT / "localcloud" / "images" / "backend"
_MORE = "20260303000000_more"
_LOCK = 72707369
_WITHOUT = ("run", "without-prisma", "--no-maintenance", "--without-dump", "--yes", "--json")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backend's folder with one migration more, and its own Prisma."""
    folder = tmp_path_factory.mktemp("checkout")
    migrations = folder / "prisma" / "migrations"
    shutil.copytree(_APP / "migrations", migrations)
    (migrations / f"{_MORE}.sql").write_text("CREATE TABLE more (id int);\n")
    prisma = folder / "node_modules" / ".bin" / "prisma"
    prisma.parent.mkdir(parents=True)
    text = (_APP / "npx.py").read_text().replace("/app/prisma", str(folder / "prisma"))
    text = text.replace("/app/tag", str(folder / "tag"))
    known = f'"20260301000000_meal_notes", "{_MORE}")'
    (folder / "tag").write_text("more")
    prisma.write_text(
        text.replace("OF_VERSION = {", f'OF_VERSION = {{\n    "more": (*FIRST, {known},')
    )
    npx = folder / "bin" / "npx"
    npx.parent.mkdir()
    npx.write_text(f'#!/bin/sh\nexec {sys.executable} {prisma} "$@"\n')
    npx.chmod(0o755)
    return folder


def _migrations(
    stack: Stack, words: Sequence[str], checkout: Path
) -> subprocess.CompletedProcess[str]:
    """Run the verb with the checkout's own npx, and let the tests' config follow."""
    stack.pulumi("config")
    path = f"{checkout / 'bin'}{os.pathsep}{stack.environment['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "runbook", "migrations", *words, "--stack", stack.name],
        cwd=stack.folder,
        env=stack.environment | {"PYTHONPATH": str(ROOT), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    written = yaml.safe_load(stack.config_file.read_text())["config"]
    stack.config["nutri:services"] = written["nutri:services"]
    return done


def test_an_image_without_prisma_names_the_other_ways(stack: Stack, checkout: Path) -> None:
    """With the dumps that are missing too; nothing is touched."""
    before = stack.tag()
    words = ("run", "without-prisma", "--force", "--yes")
    done = _migrations(stack, words, checkout)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "no Prisma CLI in it" in done.stderr
    assert "--from ../nutri/server" in done.stderr
    assert "--without-dump" in done.stderr
    assert stack.tag() == before
    assert "nutri:maintenance" not in stack.config


def test_the_status_from_the_checkout(stack: Stack, checkout: Path) -> None:
    """In the same words as from an image."""
    done = _migrations(stack, ("status", "--from", str(checkout), "--json"), checkout)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["state"] == "pending"
    assert told["migrations"][-1] == _MORE
    assert told["applied"] + len(told["migrations"]) == 4


def test_somebody_elses_migration_is_told(stack: Stack, target: Target, checkout: Path) -> None:
    """After a minute; nothing is touched."""
    database = target.database
    assert database
    assert database.direct_url
    url = database.direct_url.get_secret_value()
    with postgres.connect(url, Resolver(target.vantage.nameservers)) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        done = _migrations(stack, (*_WITHOUT, "--from", str(checkout)), checkout)
    assert done.returncode == 2, done.stdout + done.stderr
    assert row
    assert f"another migration is under way: process {row[0]} (nutri-runbook as" in done.stderr
    assert url not in done.stdout + done.stderr


def test_a_migration_from_the_checkout(stack: Stack, target: Target, checkout: Path) -> None:
    """Applied from this machine, then the image without Prisma serves."""
    done = _migrations(stack, (*_WITHOUT, "--from", str(checkout)), checkout)
    told = json.loads(done.stdout)
    assert told["done"], done.stdout + done.stderr
    assert told["applied"][-1] == _MORE
    assert running_tags(target, "nutri-backend") == {"without-prisma"}
    assert get(target, "/health/live").status_code == 200
    done = _migrations(stack, ("status", "--from", str(checkout)), checkout)
    assert "the database has had every migration (4)" in done.stdout
