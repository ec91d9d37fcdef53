"""``python -m tools.engine ensure``: make the Pulumi engine and the plugins ready."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.engine import versions
from tools.engine.ensure import Ready, ensure
from tools.engine.errors import EngineError
from tools.engine.progress import say


def main() -> int:
    """Run the command line; the exit code is 1 when the engine cannot be made ready."""
    arguments = _parser().parse_args()
    try:
        _report(ensure(arguments.bin_dir.absolute()))
    except (EngineError, OSError) as error:
        say(f"error: {error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.engine", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("ensure", help="use what is installed, build what is missing")
    command.add_argument(
        "--bin-dir",
        type=Path,
        default=Path(sys.executable).parent,
        help="where links to built programs go; put it first on PATH (default: %(default)s)",
    )
    return parser


def _report(ready: Ready) -> None:
    kind = "built" if ready.built else "installed"
    plugins = ", ".join(f"{name} {version}" for name, version in versions.PLUGINS.items())
    say(f"ready: {ready.pulumi} {ready.version} ({kind}), plugins {plugins}")


if __name__ == "__main__":
    sys.exit(main())
