"""The operator CLI: its verbs, one module each, and its end on an error.

Exit codes: 0 all is well, 1 something is wrong on the platform, 2 a mistake, or it cannot be told.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook.app import app
from runbook.verbs import check, incident, logs, plan, requests, resources, ssh, status, urls, watch

if TYPE_CHECKING:
    from collections.abc import Sequence

# A verb is there by its import.
VERBS = (check, watch, status, urls, logs, requests, resources, ssh, plan, incident)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the CLI; a mistake of the operator, or of the world, is one message and exit code 2."""
    try:
        app(arguments, prog_name="runbook")
    except OperatorError as error:
        print(f"runbook: {error}", file=sys.stderr)
        sys.exit(2)
