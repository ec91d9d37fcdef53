"""Steps on a server: a script of `infra/scripts`, its values, and the order of the steps."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_command as command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCRIPTS = Path(__file__).parent / "scripts"
_USES = re.compile(r"^# Uses: (\S+)$", re.MULTILINE)


def program(script: str, values: Mapping[str, str]) -> str:
    """Return a script with its values before it, each quoted for the shell, and what it uses."""
    assignments = [f"{name}={shlex.quote(value)}" for name, value in sorted(values.items())]
    own = (_SCRIPTS / script).read_text(encoding="utf-8")
    used = [(_SCRIPTS / "parts" / name).read_text(encoding="utf-8") for name in _USES.findall(own)]
    return "\n".join([*assignments, *used, own])


def step(  # noqa: PLR0913 - a step has this many sides
    name: str,
    connection: command.remote.ConnectionArgs,
    server: pulumi.CustomResource,
    values: Mapping[str, pulumi.Input[str]] | None = None,
    *,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource] = (),
    script: str | None = None,
    undo: str | None = None,
) -> command.remote.Command:
    """Run `<name>.sh`, or another script, on a server, again whenever it or a value changes.

    What a script says is told where it fails, and not while it runs: a line of more than 64 KiB
    would have the command plugin wait for ever.

    `undo` names the script that takes it back when the step goes and the server stays. It comes
    before a new run: after one it would take that one back, on a server that was made anew.

    The script and its values travel on standard input, so that no value shows in a process list.
    A server that was replaced has the step run anew; one that is deleted takes it along.
    """
    known: pulumi.Output[dict[str, str]] = pulumi.Output.from_input(dict(values or {}))  # type: ignore[arg-type]
    return command.remote.Command(
        name,
        connection=connection,
        create="bash -s",
        stdin=known.apply(lambda texts: program(f"{script or name}.sh", texts)),
        delete=program(f"{undo}.sh", {}) if undo else None,
        triggers=[server.id],
        add_previous_output_in_env=False,
        logging=command.remote.Logging.NONE,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
            deleted_with=server,
            delete_before_replace=True if undo else None,
        ),
    )
