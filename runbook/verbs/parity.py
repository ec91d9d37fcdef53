"""`runbook parity`: whether the double answers as the vendor did."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import httpx
import typer

from runbook import options, output
from runbook.app import verb
from runbook.parity import known
from runbook.parity.replay import Outcome, ParityError, Replay, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook.parity.compare import Difference

_TIMEOUT = 60.0
_TOKEN = "HCLOUD_TOKEN"  # noqa: S105 - the name of a variable


@verb(
    "parity",
    procedure="before any change of the double",
    example="parity .local/acceptance/acceptance-9e8ca3/exchanges.jsonl",
    exits="0 the double answers as it was recorded, or differs as is known; 1 it differs anew; "
    "2 a mistake, or the double could not be asked",
)
def compare(
    recording: Annotated[Path, typer.Argument(help="Of `make acceptance`: exchanges.jsonl.")],
    endpoint: Annotated[
        str,
        typer.Option("--endpoint", metavar="URL", help="The double's API; HCLOUD_TOKEN opens it."),
    ] = "http://127.0.0.1:8421/v1",
    reasons: Annotated[
        Path, typer.Option("--known", metavar="FILE", help="Known differences, with reasons.")
    ] = known.FILE,
    as_json: options.Json = False,
) -> None:
    """Replay a recording of the real APIs against the double; list what differs, by field."""
    listed = known.load(reasons)
    with output.busy("the replay"), _clients(endpoint) as clients:
        outcome = Replay(clients).run(read(recording))
    new, old, gone = known.sorted_out(outcome.differences, listed)
    if as_json:
        told = {"new": [vars(one) for one in new], "known": [vars(one) for one, _ in old]}
        output.print_json({**told, "sent": outcome.sent, "skipped": outcome.skipped})
    else:
        typer.echo("\n".join(_lines(outcome, old, gone) + [f"NEW     {one}" for one in new]))
    if new:
        raise typer.Exit(1)


@contextlib.contextmanager
def _clients(endpoint: str) -> Iterator[dict[str, httpx.Client]]:
    token = os.environ.get(_TOKEN)
    if not token:
        raise ParityError(f"{_TOKEN} is not set; the double's is in Pulumi.local.yaml")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=endpoint, headers=headers, timeout=_TIMEOUT, trust_env=False
    ) as client:
        yield {"hetzner": client, "boxes": client}


def _lines(
    outcome: Outcome, old: list[tuple[Difference, str]], gone: list[known.Known]
) -> list[str]:
    counts = f"{outcome.sent} requests replayed, {len(outcome.skipped)} could not be"
    return [
        f"{counts}, {len(outcome.differences)} differences",
        *(f"skipped {one}" for one in outcome.skipped),
        *(f"known   {one} ({reason})" for one, reason in old),
        *(f"gone    {one.where}: {one.field}: take it off the list" for one in gone),
    ]
