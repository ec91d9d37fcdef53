"""When which command of a remote command runs, and what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi_command import remote

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.command_plugin.conftest import Journal, Server, Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]


@pytest.fixture
def command(server: Server) -> Callable[..., Callable[[], None]]:
    """A program of one remote command that exports what it said."""

    def program(**arguments: Any) -> Callable[[], None]:  # noqa: ANN401
        def run() -> None:
            made = remote.Command("it", **({"connection": server.connection()} | arguments))
            pulumi.export("stdout", made.stdout)
            pulumi.export("stderr", made.stderr)

        return run

    return program


def test_create_update_delete(stack: Stack, journal: Journal, command: Callable[..., Any]) -> None:
    """Create, update and delete run once each at their turn, and not when nothing changed."""
    turns = {turn: journal.note(f"{turn} $PART") for turn in ("create", "update", "delete")}
    first = command(**{name: f"PART=1; {line}; echo said" for name, line in turns.items()})
    second = command(**{name: f"PART=2; {line}; echo said" for name, line in turns.items()})
    assert stack.up(first).outputs["stdout"].value == "said"
    stack.up(first)
    assert journal.lines == ["create 1"]
    stack.up(second)
    assert journal.lines == ["create 1", "update 2"]
    stack.destroy()
    assert journal.lines == ["create 1", "update 2", "delete 2"]


def test_create_stands_in_for_update(
    stack: Stack, journal: Journal, command: Callable[..., Any]
) -> None:
    """Without an update command a change runs the create command again, with the new input."""
    note = f"read line; {journal.note('$line')}"
    stack.up(command(create=note, stdin="one\n"))
    stack.up(command(create=note, stdin="two\n"))
    assert journal.lines == ["one", "two"]


def test_triggers_replace(stack: Stack, journal: Journal, command: Callable[..., Any]) -> None:
    """A changed trigger runs create again and then delete, even where there is an update."""
    turns = {turn: journal.note(turn) for turn in ("create", "update", "delete")}
    stack.up(command(**turns, triggers=["a", 1]))
    stack.up(command(**turns, triggers=["a", 2]))
    assert journal.lines == ["create", "create", "delete"]


def test_preview_runs_nothing(stack: Stack, journal: Journal, command: Callable[..., Any]) -> None:
    """A preview runs no command."""
    stack.preview(command(create=journal.note("create")))
    assert journal.lines == []


def test_a_long_input_arrives_whole(stack: Stack, command: Callable[..., Any]) -> None:
    """What is given as input is read by the command to the last byte."""
    result = stack.up(command(create="wc -c", stdin="x" * 300_000))
    assert result.outputs["stdout"].value.strip() == "300000"


def test_environment(stack: Stack, command: Callable[..., Any]) -> None:
    """A variable that the server accepts reaches the command; another fails, and says its name."""
    greeting = command(create="echo $GREETING", environment={"GREETING": "good day"})
    assert stack.up(greeting).outputs["stdout"].value == "good day"
    refused = command(create="true", environment={"UNHEARD_OF": "x"})
    said = stack.fail(refused)
    assert 'could not set environment variable "UNHEARD_OF"' in said
    assert "AcceptEnv" in said


def test_previous_output(stack: Stack, journal: Journal, command: Callable[..., Any]) -> None:
    """A run finds the last run's output in its environment, unless that is switched off."""
    note = journal.note("was: $PULUMI_COMMAND_STDOUT")
    stack.up(command(create="echo first"))
    stack.up(command(create=f"{note}; echo second"))
    stack.up(command(create=f"{note}; true third", add_previous_output_in_env=False))
    assert journal.lines == ["was: first", "was: "]


def test_a_failing_command(stack: Stack, journal: Journal, command: Callable[..., Any]) -> None:
    """A failed command fails the run with its status and output, and is run again by the next."""
    failing = f"{journal.note('tried')}; echo some words; echo more >&2; exit 3"
    said = stack.fail(command(create=failing))
    assert "exited with status 3" in said
    assert "some words" in said
    assert "more" in said
    stack.up(command(create=journal.note("mended")))
    assert journal.lines == ["tried", "mended"]


def test_logging(stack: Stack, server: Server) -> None:
    """Only the chosen streams are shown while the command runs; both are kept all the same."""

    def program() -> None:
        for choice in (None, "stdout", "stderr", "none"):
            line = f"echo {choice} out; echo {choice} err >&2"
            made = remote.Command(
                f"log-{choice}",
                connection=server.connection(),
                create=line,
                logging=None if choice is None else remote.Logging(choice),
            )
            pulumi.export(f"{choice}", pulumi.Output.all(made.stdout, made.stderr))

    outputs = stack.up(program).outputs
    for choice in ("None", "stdout", "stderr", "none"):
        assert outputs[choice].value == [f"{choice} out", f"{choice} err"]
    told = {e.diagnostic_event.message.strip() for e in stack.events if e.diagnostic_event}
    spoken = {line for line in told if line.endswith((" out", " err"))}
    assert spoken == {"None out", "None err", "stdout out", "stderr err"}
