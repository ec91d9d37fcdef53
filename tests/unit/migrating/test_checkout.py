"""Prisma in a checkout: everything that is missing, the run itself, and its secrets."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from common.errors import OperatorError
from common.target import Vantage
from runbook.migrate import pending
from runbook.migrate.checkout import Checkout
from runbook.migrate.pending import MigrationsUnknownError, State

if TYPE_CHECKING:
    from pathlib import Path

_URL = "postgresql://postgres:pg-secret@db.test:5432/postgres"
_SAID = """\
3 migrations found in prisma/migrations
Following migration have not yet been applied:
20260301000000_meal_notes

"""
_UP_TO_DATE = "2 migrations found in prisma/migrations\n\nDatabase schema is up to date!\n"
_FAILED = """\
4 migrations found in prisma/migrations
Following migration have failed:
20260302000000_broken

"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with its dependencies, and an npx that says what is in the file `said`."""
    tools = tmp_path / "bin"
    tools.mkdir()
    npx = tools / "npx"
    npx.write_text('#!/bin/sh\necho "npx $* at $DIRECT_URL"\ncat said\n')
    npx.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    one = tmp_path / "server"
    (one / "prisma" / "migrations").mkdir(parents=True)
    (one / "node_modules" / ".bin").mkdir(parents=True)
    (one / "node_modules" / ".bin" / "prisma").touch()
    return one


def _checkout(folder: Path, tag: str = "good-2", *, nameservers: tuple[str, ...] = ()) -> Checkout:
    return Checkout(folder, tag, Vantage(nameservers=nameservers))


@pytest.mark.parametrize(
    ("said", "code", "state", "names", "applied"),
    [
        (_SAID, 1, State.PENDING, ("20260301000000_meal_notes",), 2),
        (_UP_TO_DATE, 0, State.UP_TO_DATE, (), 2),
        (_FAILED, 1, State.FAILED, ("20260302000000_broken",), None),
    ],
)
def test_a_status_is_told_alike_wherever_prisma_runs(  # noqa: PLR0913, PLR0917 - one row each
    said: str,
    code: int,
    state: State,
    names: tuple[str, ...],
    applied: int | None,
    folder: Path,
) -> None:
    """In an image, in another image, in a checkout: one command, one reader."""
    (folder / "said").write_text(said)
    _, words = _checkout(folder).run(pending.STATUS, {"DIRECT_URL": _URL}, 10)
    for place in ("a container of backend:good-2", "the checkout /x"):
        found = pending.parse(words, place, code)
        assert (found.state, found.names, found.applied) == (state, names, applied)
    assert "npx --no-install prisma migrate status at ***" in words
    assert ("P3009" in str(found)) is (state is State.FAILED)


def test_nothing_secret_is_said_or_on_a_command_line(folder: Path) -> None:
    """It goes by the environment alone."""
    (folder / "said").write_text(f"Can't reach {_URL}")
    code, words = _checkout(folder).run("npx x; cat /proc/$$/cmdline; exit 3", {"A": _URL}, 10)
    assert code == 3
    assert "pg-secret" not in words


def test_it_is_waited_for_no_longer_than_its_bound(folder: Path) -> None:
    """And where to look is said."""
    with pytest.raises(OperatorError, match=r"did not end within 0\.2 s"):
        _checkout(folder).run("sleep 9", {}, 0.2)


def test_everything_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once."""
    monkeypatch.setenv("PATH", str(tmp_path))
    found = _checkout(tmp_path).missing()
    assert [one.partition(":")[0] for one in found] == [
        "there is no `sh` on PATH",
        "there is no `npx` on PATH",
        f"{tmp_path} has no prisma/migrations",
    ]


def test_dependencies_that_are_not_installed(folder: Path) -> None:
    """Npx would fetch another version of Prisma."""
    assert _checkout(folder).missing() == []
    (folder / "node_modules" / ".bin" / "prisma").unlink()
    assert _checkout(folder).missing() == [f"{folder} has no Prisma installed: `npm ci` in it"]


def test_a_checkout_is_that_of_the_tag(folder: Path) -> None:
    """Where the tag is a commit: another one, or a changed one, would be other migrations."""

    def git(*words: str) -> str:
        own = ["-c", "user.name=x", "-c", "user.email=x@test", "-C", str(folder)]
        return subprocess.run(
            ["git", *own, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    (folder / "prisma" / "migrations" / "one.sql").write_text("SELECT 1;")
    git("init", "--quiet")
    git("add", "prisma")
    git("commit", "--quiet", "--message=one")
    head = git("rev-parse", "HEAD")
    assert _checkout(folder, head[:7]).missing() == []
    assert _checkout(folder, "beta").missing() == []
    other = "0123456" if not head.startswith("0123456") else "6543210"
    (said,) = _checkout(folder, other).missing()
    assert said.startswith(f"{folder} is at {head[:7]}, and the tag is {other}: `git -C ")
    (folder / "prisma" / "migrations" / "one.sql").write_text("SELECT 2;")
    (said,) = _checkout(folder, head[:7]).missing()
    assert "prisma differs from commit" in said


def test_names_are_those_of_the_vantage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that does not know the database's name is told its address."""
    monkeypatch.setattr("clients.dns.Resolver.addresses", lambda *_: ("127.0.0.9",))
    (folder / "said").touch()
    checkout = _checkout(folder, nameservers=("127.0.0.1:53",))
    _, words = checkout.run("echo $DIRECT_URL | tail -c 30", {"DIRECT_URL": _URL}, 10)
    assert words == "secret@127.0.0.9:5432/postgres\n"[-30:]


@pytest.mark.parametrize(
    ("output", "code", "says"),
    [
        ("", 127, "has no `npx`"),
        ("npm error npx canceled due to missing packages and no YES option", 1, "no Prisma CLI"),
    ],
)
def test_an_image_without_prisma_names_the_other_ways(output: str, code: int, says: str) -> None:
    """Another image, or a checkout."""
    with pytest.raises(MigrationsUnknownError, match=says) as caught:
        pending.parse(output, "backend:v2", code)
    assert "`pulumi config set migrateImage IMAGE`" in str(caught.value)
    assert "--from ../nutri/server" in str(caught.value)
