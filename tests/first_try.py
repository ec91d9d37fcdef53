"""Tests that failed at their first try, noted over the newest runs: each is a flake to mend.

Usage: python -m tests.first_try SUITE, after a red run. Prints the files in which a test failed,
one a line; `python -m tests.first_try` prints what the newest runs of each suite failed in.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RUNS = 10
_LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")


def journal() -> Path:
    """The file, outside any checkout: a JSON object a line, of suite, time and failed tests."""
    cache = os.environ.get("NUTRI_CACHE") or Path.home() / ".cache" / "nutri"
    return Path(cache) / "first-try.jsonl"


def note(suite: str, failed: list[str]) -> None:
    """Add a run, and keep the newest ten of each suite."""
    path = journal()
    path.parent.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    kept = [run for run in runs() if run["suite"] != suite]
    own = [run for run in runs() if run["suite"] == suite]
    own.append({"suite": suite, "at": now, "failed": failed})
    new = path.with_suffix(".new")
    new.write_text("".join(json.dumps(run) + "\n" for run in (*kept, *own[-RUNS:])))
    new.replace(path)


def runs() -> list[dict[str, Any]]:
    """What was noted, oldest first."""
    path = journal()
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def last_failed() -> list[str]:
    """The tests that pytest's last run here failed in; none after a run that could not begin."""
    return sorted(json.loads(_LAST_FAILED.read_text())) if _LAST_FAILED.exists() else []


def report() -> str:
    """Each test that failed at its first try, and in how many of how many runs."""
    noted = runs()
    of = Counter(run["suite"] for run in noted)
    failures = Counter((run["suite"], test) for run in noted for test in run["failed"])
    lines = [f"{n} of {of[suite]}: {test}" for (suite, test), n in failures.most_common()]
    return "\n".join(lines) or f"no test failed at its first try in {len(noted)} runs"


def main(arguments: list[str]) -> int:
    """See the module."""
    if not arguments:
        sys.stdout.write(report() + "\n")
        return 0
    failed = last_failed()
    note(arguments[0], failed)
    files = sorted({test.partition("::")[0] for test in failed})
    sys.stdout.write("".join(f"{file}\n" for file in files))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
