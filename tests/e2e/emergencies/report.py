"""The nights as a table in docs/transcripts.md: `python -m tests.e2e.emergencies.report RECORD`.

RECORD is what NUTRI_NIGHTS_RECORD named; without it the table is made from what was kept before.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.e2e.emergencies.pages import blocks

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "tests/recorded/emergencies.json"
DOCUMENT = ROOT / "docs/transcripts.md"
BEGIN, END = "<!-- generated: nights -->", "<!-- end of nights -->"

Rows = list[dict[str, Any]]


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


def document(text: str, rows: Rows) -> str:
    """The document with these results in it."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table(rows)}\n\n{END}{after}"


def main(record: str | None) -> None:
    """Keep a run's results, and write the document."""
    kept: Rows = json.loads(KEPT.read_text()) if KEPT.exists() else []
    rows = gathered(kept, Path(record).read_text() if record else "")
    KEPT.write_text(json.dumps(rows, indent=1) + "\n")
    DOCUMENT.write_text(document(DOCUMENT.read_text(), rows))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
