"""`runbook server ...`: E4 and B1."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clients import hetzner
from runbook import confirm, disk_restore, options, output, servers, snapshots
from runbook.app import group, verb
from runbook.revive import Bounds, Revival
from runbook.revive.live import LiveTools, console
from runbook.rotate import former_keys
from runbook.rotate.config import Config
from runbook.stack import find_project, load_target
from runbook.timeline import acted, keep

server_group = group("server", "A server that hangs, or has lost its disk.")

_EXITS = "0 it is well (again), 1 it is not, 2 it could not be tried"


@verb(
    "revive", procedure="E4", example="server revive --dry-run", exits=_EXITS, within=server_group
)
def revive(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look, and tell what would be done.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Reboot although SSH and Docker answer.")
    ] = False,
    soft_seconds: Annotated[
        float, typer.Option("--soft-seconds", min=1, help="How long a soft reboot may take.")
    ] = Bounds.soft,
    stack: options.Stack = None,
    server: options.Server = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Bring back a server that does not answer: soft reboot, power reset, or power on; verify."""
    target = load_target(stack)
    chosen = servers.find_server(target, server)
    if not dry_run:
        output.confirm(f"{chosen.name} may be rebooted or reset. Go on?", yes=yes)
    say = output.say if as_json else typer.echo
    with hetzner.connect(target, output.waiting) as api:
        revival = Revival(LiveTools(target, chosen, api), say, Bounds(soft=soft_seconds))
        code = revival.run(force=force, dry=dry_run)
    if not dry_run:
        end = "well again" if not code else "still not well"
        for step in revival.steps:
            keep(target, f"{chosen.name}: {step.name}: {step.outcome}")
        acted(target, f"revived {chosen.name}", result=end)
    if as_json:
        output.print_json(
            {
                "server": chosen.name,
                "well": not code,
                "console": console(chosen),
                "steps": revival.as_json(),
            }
        )
    else:
        typer.echo(f"console      {console(chosen)}")
    raise typer.Exit(code)


@verb(
    "restore",
    procedure="B1",
    example="server restore nutri-prod --lose nutri-prod",
    exits=_EXITS,
    within=server_group,
)
def restore(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The server whose disk is replaced.")
    ] = None,
    again: Annotated[str | None, options.LOSE] = None,
    backup: Annotated[
        int | None, typer.Option("--backup", help="Id. Default: the newest backup.")
    ] = None,
    snapshot: Annotated[int | None, typer.Option("--snapshot", help="Id of a snapshot.")] = None,
    keep_current: Annotated[
        bool,
        typer.Option(
            "--keep-current/--no-keep-current", help="A snapshot of today's disk is taken first."
        ),
    ] = True,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Replace a server's disk by a backup or snapshot; id, addresses and protection stay."""
    target = load_target(stack)
    chosen = servers.find_server(target, name)
    if backup is not None and snapshot is not None:
        raise typer.BadParameter("give --backup or --snapshot, not both")
    say = output.say if as_json else typer.echo
    former = former_keys.of(Config(find_project(Path.cwd()), target.stack))
    with hetzner.connect(target, output.waiting) as api:
        image = disk_restore.choose(snapshots.of(api, target), chosen, backup or snapshot)
        loss = f"the disk of {chosen.name} is replaced by {image.type} {image.id}"
        confirm.twice("server", chosen.name, name, again, f"{loss} of {image.created:%c} UTC")
        if keep_current:
            kept = snapshots.create(api, target, chosen, f"{chosen.name} before a restore")
            say(f"kept         today's disk, as snapshot {kept.id}")
        disk_restore.rebuild(api, chosen, image)
        say(f"rebuilt      from {image.type} {image.id}")
        say(f"SSH          {former_keys.bring_in(chosen, former, Bounds.boot)}")
        revival = Revival(LiveTools(target, chosen, api), say)
        code = revival.after_rebuild()
    acted(target, f"restored {chosen.name} from {image.type} {image.id}")
    if as_json:
        output.print_json(
            {
                "server": chosen.name,
                "image": image.id,
                "well": not code,
                "steps": revival.as_json(),
            }
        )
    raise typer.Exit(code)
