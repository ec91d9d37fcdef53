"""The nights as a table in docs/transcripts.md: `python -m tests.e2e.emergencies.report RECORD`.

RECORD is what NUTRI_NIGHTS_RECORD named; without it the table is made from what was kept before.
"""

from __future__ import annotations

import json
import sys

from tests.e2e.emergencies.pages import blocks
from tests.results import ROOT, Results, Rows


def gathered(kept: Rows, lines: str) -> Rows:
    """Lay a run's lines over what was kept: the newest of each block counts."""
    rows = [*kept, *(json.loads(line) for line in lines.splitlines())]
    found = {(row["page"], row["block"]): row for row in rows}
    return [found[key] for key in sorted(found)]


def table(rows: Rows) -> str:
    """The results in Markdown, a line a block of commands."""
    lines = ["| page | it is over after | the page promises |", "|---|---|---|"]
    for row in rows:
        page, promise = row["page"], blocks(row["page"])[row["block"]].promise
        place = f"[{page}](emergencies/{page}.md)" + (" by Docker alone" if row["block"] else "")
        took = f"{_commands(row['commands'])}, {row['seconds']} s"
        lines.append(f"| {place} | {took} | {_commands(promise or 0)} |")
    return "\n".join(lines)


def _commands(number: int) -> str:
    return f"{number} command{'' if number == 1 else 's'}"


RESULTS = Results(
    kept=ROOT / "tests/recorded/emergencies.json",
    document=ROOT / "docs/transcripts.md",
    begin="<!-- generated: nights -->",
    end="<!-- end of nights -->",
    gathered=gathered,
    table=table,
)

if __name__ == "__main__":
    RESULTS.write(sys.argv[1] if len(sys.argv) > 1 else None)
