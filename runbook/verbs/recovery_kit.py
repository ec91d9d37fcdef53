"""`runbook recovery-kit ...`: B5."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
import yaml

from common.errors import OperatorError
from runbook import gaps, options, output
from runbook.app import group, verb
from runbook.kit import files, prove
from runbook.kit.collect import Source
from runbook.kit.unpack import Plan, Unpacking, in_place_of
from runbook.stack import find_project, load_target

kit_group = group("recovery-kit", "What a fresh platform needs when the server is lost.")

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help=f"Of the kit. Default: {files.VARIABLE}, or asked for."),
]
_SETTING = "KEY=VALUE"


@verb(
    "check",
    procedure="B5",
    example="recovery-kit check --file nutri-prod.kit",
    exits="0 every part can be had without the server, 1 one cannot, 2 it could not be told",
    within=kit_group,
)
def check(
    file: Annotated[
        Path | None, typer.Option("--file", help="Also whether this kit is up to date.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Prove that state, passphrase, tokens and keys can be reached without the server."""
    target = load_target(stack)
    source = Source(find_project(Path.cwd()), target.stack, target.dumps)
    with output.busy("looking for each part"):
        parts = prove.Proof(source, target).parts()
    if file:
        kit = files.read(file, files.passphrase(passphrase_file))
        parts += prove.compare(kit, source.kit())
    red = [part for part in parts if part.well is False]
    unknown = [part for part in parts if part.well is None]
    if as_json:
        listed = [asdict(part) for part in parts]
        output.print_json({"stack": target.stack, "well": not red + unknown, "parts": listed})
    else:
        for part in parts:
            typer.echo(part.line())
        typer.echo(f"recovery kit of {target.stack}: {len(parts)} parts, {len(red)} red")
    raise typer.Exit(1 if red else 2 if unknown else 0)


@verb("export", procedure="B5", example="recovery-kit export nutri-prod.kit", within=kit_group)
def export(
    file: Annotated[Path, typer.Argument(help="To write; what is there is replaced.")],
    passphrase_file: PassphraseFile = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Write config, secrets, state and keys to one encrypted file; keep it away from the server."""
    target = load_target(stack)
    secret = files.passphrase(passphrase_file, twice=True).fit_to_seal()
    kit = Source(find_project(Path.cwd()), target.stack, target.dumps).kit()
    files.write(kit, file, secret)
    gaps.note_export(find_project(Path.cwd()), kit.stack, kit.made)
    if as_json:
        told = {"stack": kit.stack, "file": str(file), "made": kit.made.isoformat()}
        output.print_json({**told, "program": kit.program})
        return
    typer.echo(f"{file}: everything a new {kit.stack} needs, as of {kit.made:%Y-%m-%d %H:%M} UTC")
    typer.echo("keep it in two places that are not this platform, its passphrase in a third")


@verb(
    "import",
    procedure="B5",
    example="recovery-kit import nutri-prod.kit --stack prod-2 --location nbg1",
    within=kit_group,
)
def import_(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    file: Annotated[Path, typer.Argument(help="As `export` wrote it.")],
    name: Annotated[
        str | None,
        typer.Option("--stack", "-s", help="Of the new stack. Default: the old one's, -2."),
    ] = None,
    location: Annotated[
        str | None, typer.Option("--location", help="Hetzner location. Default: as it was.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar=_SETTING, help="Another config value, as nutri:tier=medium."),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option("--backend", help="State backend. Default: the environment's, or the kit's."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: options.Json = False,
) -> None:
    """Make a new stack's config from a kit; `pulumi up` then makes the platform, data included."""
    kit = files.read(file, files.passphrase(passphrase_file))
    changes = in_place_of(kit) | _changes(settings or [])
    if location:
        changes["nutri:location"] = location
    plan = Plan(name or f"{kit.stack}-2", changes, backend)
    made = Unpacking(kit, plan, find_project(Path.cwd())).run()
    if as_json:
        told = {"stack": plan.name, "config": str(made.config_file)}
        output.print_json({**told, "environment": made.environment, "program": kit.program})
        return
    typer.echo(
        f"{made.config_file.name}: the config of {kit.stack} as of {kit.made:%Y-%m-%d %H:%M}"
    )
    typer.echo("now:")
    typer.echo(f"  . bin/env {plan.name}")
    typer.echo("  pulumi up")


def _changes(settings: list[str]) -> dict[str, object]:
    wrong = [one for one in settings if "=" not in one or ":" not in one.partition("=")[0]]
    if wrong:
        raise OperatorError(
            f"--set {wrong[0]!r} is not {_SETTING}; right would be --set nutri:tier=medium"
        )
    return {key: yaml.safe_load(text) for key, _, text in (one.partition("=") for one in settings)}
