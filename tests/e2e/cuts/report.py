"""The matrix's results as a table: `python -m tests.e2e.cuts.report RECORD` writes docs/cuts.md.

RECORD is what NUTRI_CUTS_RECORD named; without it the table is made from what was kept before.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "tests/recorded/cuts.json"
DOCUMENT = ROOT / "docs/cuts.md"
BEGIN, END = "<!-- generated: results -->", "<!-- end of results -->"
_KEPT_FIELDS = ("moment", "cut", "ended", "ended_s", "healed_s")

Rows = list[dict[str, Any]]


def gathered(kept: Rows, lines: str) -> Rows:
    """Lay a run's lines over what was kept: the newest of each combination counts."""
    found = {(row["moment"], row["cut"]): row for row in kept}
    for line in lines.splitlines():
        row = json.loads(line)
        key = (row["moment"], row["cut"])
        if row["red"]:
            continue
        found[key] = {field: row[field] for field in _KEPT_FIELDS}
    return [found[key] for key in sorted(found)]


def table(rows: Rows) -> str:
    """The results in Markdown, a line a combination."""
    lines = [
        "| moment | cut | what was cut ended | the same command again, green |",
        "|---|---|---|---|",
    ]
    for row in rows:
        end = "green all the same" if row["ended"] == 0 else f"code {row['ended']}"
        lines.append(
            f"| {row['moment']} | {row['cut']} | after {row['ended_s']:.0f} s, {end} "
            f"| {row['healed_s']:.0f} s |"
        )
    return "\n".join(lines)


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
