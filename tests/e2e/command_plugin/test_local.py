"""Commands on the machine the engine runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pytest
from pulumi_command import local

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.command_plugin.conftest import Journal, Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]


def test_create_update_delete(stack: Stack, journal: Journal) -> None:
    """Each command runs at its turn, with input, environment and the last run's output."""
    line = journal.note("$TURN $GREETING $(cat) after $PULUMI_COMMAND_STDOUT")
    turns = {t: f"TURN={t}; {line}; echo {t}" for t in ("create", "update", "delete")}

    def program(greeting: str) -> None:
        local.Command(
            "it",
            create=turns["create"],
            update=turns["update"],
            delete=turns["delete"],
            environment={"GREETING": greeting},
            stdin="typed",
        )

    stack.up(lambda: program("hello"))
    stack.up(lambda: program("again"))
    stack.destroy()
    assert journal.lines == [
        "create hello typed after ",
        "update again typed after create",
        "delete again typed after update",
    ]


def test_interpreter_and_folder(stack: Stack, tmp_path: Path) -> None:
    """The interpreter takes the command as its last argument and runs in the folder."""

    def program() -> None:
        code = "import os; print(os.getcwd())"
        made = local.Command("it", create=code, interpreter=["python3", "-c"], dir=str(tmp_path))
        pulumi.export("stdout", made.stdout)

    assert stack.up(program).outputs["stdout"].value == str(tmp_path)


def test_files_come_back(stack: Stack, tmp_path: Path) -> None:
    """Files fitting the patterns come back as assets and as an archive, excluded ones do not."""

    def program() -> None:
        made = local.Command(
            "it",
            create="mkdir -p out/deep; touch out/a.txt out/deep/b.txt out/secret.txt out/c.bin",
            dir=str(tmp_path),
            asset_paths=["out/**.txt", "!**secret*"],
            archive_paths=["out/*.bin"],
        )
        pulumi.export("assets", made.assets.apply(lambda found: sorted(found or {})))
        pulumi.export("archive", made.archive.apply(lambda found: sorted(vars(found)["assets"])))

    outputs = stack.up(program).outputs
    assert outputs["assets"].value == ["out/a.txt", "out/deep/b.txt"]
    assert outputs["archive"].value == ["out/c.bin"]


def test_run_runs_always(stack: Stack, journal: Journal) -> None:
    """The function runs at every run of the program, and gives back what the command said."""

    def program() -> None:
        pulumi.export("said", local.run(command=f"{journal.note('ran')}; echo hi").stdout)

    assert stack.up(program).outputs["said"].value == "hi"
    noted = len(journal.lines)
    stack.up(program)
    assert len(journal.lines) > noted


def test_a_failing_command(stack: Stack) -> None:
    """A failed command fails the run with its status and what it said."""

    def program() -> None:
        local.Command("it", create="echo some words >&2; exit 4")

    said = stack.fail(program)
    assert "exit status 4" in said
    assert "some words" in said
