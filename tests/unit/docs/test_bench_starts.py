"""The bench, which no other test runs, finds what it imports."""

from __future__ import annotations

import subprocess
from pathlib import Path

_BENCH = Path(__file__).parents[3] / "bin" / "bench"


def test_the_bench_starts_from_any_folder(tmp_path: Path) -> None:
    """As far as its help."""
    done = subprocess.run(
        [str(_BENCH), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--cold" in done.stdout
