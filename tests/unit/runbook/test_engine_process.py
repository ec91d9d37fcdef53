"""The engine's own process: what it takes of the machine."""

from __future__ import annotations

import os
import sys

import pytest

from runbook.engine_process import EngineProcess

_NICE = "import os, time; time.sleep(0.3); print('nice', os.nice(0))"


@pytest.mark.parametrize(("is_polite", "more"), [(True, 5), (False, 0)])
def test_a_polite_engine_takes_what_others_leave(*, is_polite: bool, more: int) -> None:
    """While a monitor measures on the same machine; else it has as much as anybody."""
    words = [sys.executable, "-c", _NICE]
    done = EngineProcess(words, os.environ, is_polite=is_polite).run(30)
    wanted = max(more, os.nice(0))
    assert (done.code, done.said) == (0, f"nice {wanted}")
