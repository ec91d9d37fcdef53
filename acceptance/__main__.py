"""`python -m acceptance run | clean`; `make acceptance` and `make acceptance-clean`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from acceptance import config, running
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _say(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


def _asked(question: str) -> Callable[[], bool]:
    def ask() -> bool:
        if not sys.stdin.isatty():
            raise config.AcceptanceError("nobody is there to ask; `--yes` agrees to it")
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}

    return ask


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="acceptance", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, text in (
        ("run", "the main story on real clouds, and nothing left of it"),
        ("clean", "delete what runs left, by its label, and prove it"),
    ):
        verb = verbs.add_parser(name, help=text, description=text)
        verb.add_argument("--file", type=Path, default=Path("acceptance.yaml"))
        verb.add_argument("--yes", action="store_true", help="do not ask")
        if name == "clean":
            verb.add_argument("--run", help="of one run alone, such as acceptance-1a2b3c")
    return parser.parse_args(words)


def _clean(options: argparse.Namespace, loaded: config.Config, token: str) -> None:
    for line in running.found(loaded, token, options.run):
        _say(f"  {line}")
    if not options.yes and not _asked("Delete all of these?")():
        raise config.AcceptanceError("nothing was deleted")
    running.clean(loaded, token, _say, options.run)


def _ended(number: int, _frame: object) -> None:
    """End as Ctrl-C does: what was made is deleted before the program ends."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def main(
    words: Sequence[str] | None = None, programs: dict[str, tuple[str, ...]] | None = None
) -> int:
    """Run it; 0 all held and nothing is left, 1 it did not, 2 a mistake."""
    options = _parsed(words)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell had us ignore them
        signal.signal(number, _ended)
    try:
        loaded, secrets = config.load(options.file, os.environ)
    except OperatorError as error:
        typer.echo(f"acceptance: {error}", err=True)
        return 2
    try:
        if options.verb == "clean":
            _clean(options, loaded, secrets[loaded.hetzner.token])
        else:
            agreed = _asked("Make it, and pay for it?")
            run = running.Run(loaded, secrets, _say, programs)
            run.whole((lambda: True) if options.yes else agreed)
    except OperatorError as error:
        typer.echo(f"acceptance: {error}", err=True)
        return 1
    except KeyboardInterrupt:
        typer.echo("acceptance: ended; `make acceptance-clean` makes sure", err=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
