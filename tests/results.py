"""Results of long runs, kept in the repository and shown as a table in the docs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Results:
    """Of one kind: where they are kept, and between which marks of which document they stand."""

    kept: Path
    document: Path
    begin: str
    end: str
    gathered: Callable[[Rows, str], Rows]
    """Lays a run's lines over what was kept."""
    table: Callable[[Rows], str]
    """In Markdown."""

    def rows(self) -> Rows:
        """What was kept."""
        return list(json.loads(self.kept.read_text())) if self.kept.exists() else []

    def shown(self, text: str, rows: Rows) -> str:
        """The document's text with these results in it."""
        before, _, rest = text.partition(self.begin)
        after = rest.partition(self.end)[2]
        return f"{before}{self.begin}\n\n{self.table(rows)}\n\n{self.end}{after}"

    def write(self, record: str | None) -> None:
        """Keep a run's results, and write the document."""
        rows = self.gathered(self.rows(), Path(record).read_text() if record else "")
        self.kept.write_text(json.dumps(rows, indent=1) + "\n")
        self.document.write_text(self.shown(self.document.read_text(), rows))
