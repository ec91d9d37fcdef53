"""What becomes of each variable of a file, and how it gets into the config."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import OperatorError
from runbook.env import declared, dotenv, dotenv_import
from runbook.env.dotenv_import import Choice, Fate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runbook.env.declared import Declared
    from tests.unit.runbook.conftest import FakePulumi

_APP = """\
services:
  nutri-backend:
    image: ghcr.test/backend
    port: 3000
    variables: {NODE_ENV: production, OLD: gone}
    hops: [TRUST_PROXY]
    database:
      DATABASE_URL: {form: prisma}
      DIRECT_URL: {form: direct}
    redis: [REDIS_URL]
"""
_CONFIG = {
    "nutri:services": {
        "objectValue": {"nutri-backend": {"variables": {"LOG_LEVEL": "info", "OLD": None}}}
    },
    "nutri:secrets": {"value": json.dumps({"nutri-backend": {"JWT_SECRET": "jwt-secret"}})},
}


@pytest.fixture
def app(pulumi: FakePulumi) -> FakePulumi:
    """A project with one service, and a stack's config."""
    (pulumi.folder / "project" / "app.yaml").write_text(_APP)
    pulumi.prints(json.dumps(_CONFIG))
    return pulumi


@pytest.fixture
def known(app: FakePulumi) -> Declared:
    """What is declared there."""
    return declared.read(app.folder / "project", None, "nutri-backend")


def _fates(text: str, known: Declared, **choice: Any) -> dict[str, Fate]:  # noqa: ANN401
    steps = dotenv_import.plan(dotenv.parse(text), known, Choice(**choice))
    assert "jwt-secret" not in repr(steps)
    return {one.name: one.fate for one in steps}


def test_what_is_declared(known: Declared) -> None:
    """In the file, in the stack's config, as secrets, and what the stack makes."""
    assert known.in_file == {"NODE_ENV": "production"}
    assert known.plain == {"LOG_LEVEL": "info"}
    assert known.secret == {"JWT_SECRET": "jwt-secret"}
    assert known.made["DATABASE_URL"] == "nutri:databaseUrl"
    assert known.made["DIRECT_URL"] == "nutri:databaseDirectUrl"
    assert known.made["REDIS_URL"] == "nutri:redisUrl"
    assert "TRUST_PROXY" in known.made


def test_every_variable_has_its_fate(known: Declared) -> None:
    """Made ones are left out, known ones stay what they are, new ones are judged."""
    text = (
        "NODE_ENV=production\nLOG_LEVEL=debug\nJWT_SECRET=other\nDATABASE_URL=postgresql://a:b@c/d\n"
        "RESEND_API_KEY=re_1\nEMAIL_ENABLED=true\nSTRANGE=abc\n"
    )
    asked: list[str] = []
    fates = _fates(text, known, ask=lambda name: not asked.append(name))  # type: ignore[func-returns-value]
    assert fates == {
        "NODE_ENV": Fate.SAME,
        "LOG_LEVEL": Fate.PLAIN,
        "JWT_SECRET": Fate.SECRET,
        "DATABASE_URL": Fate.MADE,
        "RESEND_API_KEY": Fate.SECRET,
        "EMAIL_ENABLED": Fate.PLAIN,
        "STRANGE": Fate.SECRET,
    }
    assert asked == ["STRANGE"]


def test_the_operator_decides(known: Declared) -> None:
    """By name, whatever it looks like."""
    fates = _fates("A_TOKEN=x\nMODE=y", known, plain=["A_TOKEN"], secret=["MODE"])
    assert fates == {"A_TOKEN": Fate.PLAIN, "MODE": Fate.SECRET}


@pytest.mark.parametrize(
    ("text", "choice", "says"),
    [
        ("A=1", {"plain": ["B"]}, "B: is not in the file"),
        ("A=1", {"plain": ["A"], "secret": ["A"]}, "A: is named as plain and as secret"),
        ('A="it\'s hunter2"', {}, r"line 1: A: holds a single quote"),
        ("NODE_ENV=hunter2", {"secret": ["NODE_ENV"]}, "NODE_ENV: is plain in app.yaml"),
    ],
)
def test_what_cannot_be_is_refused(
    text: str, choice: dict[str, Any], says: str, known: Declared
) -> None:
    """Before anything is written, and without the value."""
    with pytest.raises(OperatorError, match=says) as caught:
        _fates(text, known, **choice)
    assert "hunter2" not in str(caught.value)


def test_a_service_by_part_of_its_name(app: FakePulumi) -> None:
    """Those that there are are named where it is none."""
    assert declared.read(app.folder / "project", None, "backend").service == "nutri-backend"
    with pytest.raises(OperatorError, match=r"(?s)no such service: worker.*nutri-backend"):
        declared.read(app.folder / "project", None, "worker")


@pytest.fixture
def env_file(app: FakePulumi, tmp_path: Path) -> Path:
    """A file of a plain and a secret variable; pulumi writes down what it is given."""
    script = app.folder / "bin" / "pulumi"
    calls, values = app.folder / "calls", app.folder / "values"
    noted = f'echo "$*" >>{calls}; cat >>{values}; echo >>{values}; exit 0'
    own = f'#!/bin/sh\ncase "$*" in *" config set "*|*" config rm "*) {noted};; esac\n'
    script.write_text(script.read_text().replace("#!/bin/sh\n", own))
    file = tmp_path / "old.env"
    file.write_text("export LOG_LEVEL=debug\nJWT_SECRET='two\nlines'\nREDIS_URL=redis://:x@y\n")
    return file


def test_values_go_by_standard_input(
    env_file: Path, app: FakePulumi, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """One call each; nothing of a value is on a command line, or printed."""
    assert run("env", "import", str(env_file), "nutri-backend", "--yes") == 0
    calls = (app.folder / "calls").read_text().splitlines()
    how = "config set {} --path --raw nutri:{}"
    assert [one.partition("--non-interactive ")[2] for one in calls] == [
        how.format("--type string", "services.nutri-backend.variables.LOG_LEVEL"),
        how.format("--secret", "secrets.nutri-backend.JWT_SECRET"),
    ]
    assert (app.folder / "values").read_text() == "debug\ntwo\nlines\n"
    said = capsys.readouterr()
    assert "two" not in said.out + said.err
    assert "REDIS_URL   left out  made of nutri:redisUrl" in said.out
    assert "1 plain and 1 secret" not in said.out


def test_a_dry_run_writes_nothing(
    env_file: Path, app: FakePulumi, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what would become of each."""
    assert run("env", "import", str(env_file), "nutri-backend", "--dry-run", "--json") == 0
    told = json.loads(capsys.readouterr().out)["variables"]
    assert [(one["name"], one["kind"]) for one in told] == [
        ("LOG_LEVEL", "plain"),
        ("JWT_SECRET", "secret"),
        ("REDIS_URL", "left out"),
    ]
    assert not (app.folder / "calls").exists()


def test_nobody_can_be_asked(
    env_file: Path, app: FakePulumi, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """On a pipe nothing is written without --yes."""
    assert run("env", "import", str(env_file), "nutri-backend") == 2
    assert "1 plain and 1 secret variables go into the config" in capsys.readouterr().err
    assert not (app.folder / "calls").exists()


def test_one_that_becomes_a_secret_is_plain_no_more(
    env_file: Path, app: FakePulumi, run: Callable[..., int]
) -> None:
    """A variable in both would be refused by the program."""
    words = ("env", "import", str(env_file), "nutri-backend", "--secret", "LOG_LEVEL", "--yes")
    assert run(*words) == 0
    first = (app.folder / "calls").read_text().splitlines()[0]
    assert first.endswith("config rm --path nutri:services.nutri-backend.variables.LOG_LEVEL")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read(
    content: bytes | None,
    app: FakePulumi,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is told, without a traceback."""
    file = app.folder / "x.env"
    if content is not None:
        file.write_bytes(content)
    assert run("env", "import", str(file), "nutri-backend", "--yes") == 2
    assert str(file) in capsys.readouterr().err
