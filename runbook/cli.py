"""The operator CLI: every module of `verbs` is a verb; and its end on an error.

Exit codes: 0 all is well, 1 something is wrong on the platform, 2 a mistake, or it cannot be told.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook import verbs
from runbook.app import app

if TYPE_CHECKING:
    from collections.abc import Sequence

for _module in pkgutil.iter_modules(verbs.__path__, f"{verbs.__name__}."):
    importlib.import_module(_module.name)  # which registers it


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the CLI; a mistake of the operator, or of the world, is one message and exit code 2."""
    try:
        app(arguments, prog_name="runbook")
    except OperatorError as error:
        print(f"runbook: {error}", file=sys.stderr)
        sys.exit(2)
