"""Dumps of the database, by the program on the server that takes and restores them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from clients.ssh import CommandFailedError
from common.errors import OperatorError
from runbook import servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import Target

T = TypeVar("T")

_LONG = 4 * 3600.0
_MEGABYTE = 1_000_000


class DumpFailedError(OperatorError):
    """The server did not do it; the text says why."""


@dataclass(frozen=True)
class Wish:
    """What to restore, where to, and what may go for it."""

    to: str
    """`scratch`, `database` (the stack's own) or a URL."""
    at: str | None = None
    overwrite: str | None = None

    def text(self) -> str:
        """As the program reads it."""
        return json.dumps({"to": self.to, "at": self.at, "overwrite": self.overwrite})


def ask(target: Target, command: str, stdin: str | None = None) -> Any:  # noqa: ANN401 - JSON
    """What a command of the program answers.

    Raises:
        OperatorError: the stack takes no dumps, or the server cannot be reached.
        DumpFailedError: the program says why it could not.
        KeyboardInterrupt: somebody asked for an early end, which the server does not hear of.
    """
    if target.dumps is None:
        raise OperatorError(
            f"stack {target.stack} takes no dumps: `pulumi config set dumps true`, and the secrets"
            " resticPassword and databaseDirectUrl; then `pulumi up`"
        )
    with servers.connect(target.servers[0]) as client:
        try:
            said = client.run(f"nutri-dump {command}", stdin=stdin, timeout=_LONG).stdout
        except CommandFailedError as error:
            raise DumpFailedError(_reason(error)) from None
        except KeyboardInterrupt as why:
            said = f"{str(why) or 'interrupted'}; the server goes on with it to its end"
            raise KeyboardInterrupt(said) from None
    return json.loads(said)


def _reason(error: CommandFailedError) -> str:
    lines = [line for line in error.stderr.splitlines() if line.strip()]
    return (lines[-1] if lines else str(error)).removeprefix("nutri-dump: ")


def loudly(work: Callable[[], T]) -> T:
    """Do it; where the server says why it could not, say that and end with 1."""
    try:
        return work()
    except DumpFailedError as error:
        typer.echo(f"runbook: {error}", err=True)
        raise typer.Exit(1) from None


def moment(text: str | None) -> str | None:
    """A time as the manifests spell it: in UTC, which is also meant where none is named.

    Raises:
        OperatorError: it is no time.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise OperatorError(f"--at {text!r} is no time such as 2026-03-01T12:00") from None
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def row(dump: dict[str, Any]) -> str:
    """One line of the list."""
    if "problem" in dump:
        return f"{dump['run']:28} {dump['problem']}"
    size = f"{dump['size'] / _MEGABYTE:.1f} MB"
    return f"{dump['at']:22} {dump['tables']:4} tables {dump['rows']:10} rows {size:>10}"


def told(done: dict[str, Any]) -> list[str]:
    """Lines on a restore, what was passed over first."""
    dump = done["dump"]
    lines = [f"passed over: {one}" for one in done["passed_over"]]
    if done["missing_extensions"]:
        lines.append(f"not there on the target: {', '.join(done['missing_extensions'])}")
    lines += [f"not restored: {one}" for one in done.get("not_restored", ())]
    lines += [f"note: {one}" for one in done.get("notes", ())]
    vendors = done.get("of_vendor", ())
    if vendors:
        lines.append(
            f"the vendor's, which a project has of its own: {len(vendors)} objects (--json)"
        )
    lines += [f"  {name:40} {rows:10}" for name, rows in sorted(done["tables"].items())]
    return [*lines, f"restored the dump of {dump['at']}: {done['rows']} rows, {done['seconds']} s"]
