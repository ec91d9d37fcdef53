"""`runbook drill dr`: B5, drilled."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from runbook import confirm, options, output
from runbook.app import verb
from runbook.drills.disaster import Disaster, Wish
from runbook.drills.ending import EXITS, Report, drill_group, finish
from runbook.drills.rebuild import PARTS
from runbook.drills.report import Drill
from runbook.kit import files
from runbook.stack import load_target
from runbook.verbs import recovery_kit  # noqa: TC001 - typer reads the annotations

_PARTS = ", ".join(PARTS)


@verb("dr", procedure="B5", example="drill dr try --lose try", exits=EXITS, within=drill_group)
def disaster(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    name: Annotated[
        str | None, typer.Argument(metavar="STACK", help="Whose servers are destroyed for good.")
    ] = None,
    again: Annotated[str | None, options.LOSE] = None,
    lose_database: Annotated[
        bool, typer.Option("--lose-database", help="Its data too; the newest dump comes back.")
    ] = False,
    new_name: Annotated[
        str | None, typer.Option("--as", help="Name of the new stack. Default: the old one's, -2.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="An empty one for it. Default: a new one.")
    ] = None,
    location: Annotated[
        str | None, typer.Option("--location", help="Of the new server. Default: as it was.")
    ] = None,
    interrupt_after: Annotated[
        str | None, typer.Option("--interrupt-after", help=f"Kill the first `up` there: {_PARTS}.")
    ] = None,
    rows: Annotated[
        str, typer.Option("--rows", help="Path of the backend that takes rows; empty: none.")
    ] = "/api/meals",
    passphrase_file: recovery_kit.PassphraseFile = None,
    report: Report = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Destroy a stack's servers without warning, and make a new platform from the kit alone."""
    target = load_target(name or stack)
    loss = f"every server of {target.stack} is destroyed for good"
    confirm.twice("stack", target.stack, name, again, loss + " and its data" * lose_database)
    if interrupt_after is not None and interrupt_after not in PARTS:
        raise typer.BadParameter(f"{interrupt_after!r} is none of: {_PARTS}")
    secret = files.passphrase(passphrase_file, twice=True).fit_to_seal()
    place = folder or Path(tempfile.mkdtemp(prefix="nutri-drill-"))
    has_rows = target.database is not None and target.database.direct_url is not None
    wish = Wish(
        name=new_name or f"{target.stack}-2",
        folder=place,
        lose_database=lose_database,
        interrupt_after=interrupt_after,
        rows=rows if has_rows else "",
        location=location,
    )
    drill = Drill(name="dr", stack=target.stack)
    Disaster(drill, target, wish, secret, output.say if as_json else typer.echo).run()
    output.say(f"the new stack {wish.name} is in {place / 'program'}")
    finish(drill, report, as_json=as_json)
