"""A maintenance in the window, and its times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from common.maintenance import Maintenance, Mode

START = datetime(2026, 12, 6, 2, 0, tzinfo=UTC)
"""A Sunday."""
END = START + timedelta(hours=2)
BACKEND = "nutri-backend"


@pytest.fixture
def announced() -> Maintenance:
    """Of both services."""
    return Maintenance(mode=Mode.ANNOUNCED, start=START, end=END, message="New <disks> & more.")
