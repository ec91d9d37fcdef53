"""The matrix's results as a table: `python -m tests.e2e.cuts.report RECORD` writes docs/cuts.md.

RECORD is what NUTRI_CUTS_RECORD named; without it the table is made from what was kept before.
"""

from __future__ import annotations

import json
import sys

from tests.results import ROOT, Results, Rows

_KEPT_FIELDS = ("moment", "cut", "ended", "ended_s", "healed_s")


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


RESULTS = Results(
    kept=ROOT / "tests/recorded/cuts.json",
    document=ROOT / "docs/cuts.md",
    begin="<!-- generated: results -->",
    end="<!-- end of results -->",
    gathered=gathered,
    table=table,
)

if __name__ == "__main__":
    RESULTS.write(sys.argv[1] if len(sys.argv) > 1 else None)
