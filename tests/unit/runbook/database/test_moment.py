"""Back to a moment: what is seen before anything is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from clients.supabase import Backups
from common.errors import OperatorError
from runbook.database.moment import Going

_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class FakeVendor:
    """Offers the hour around the moment."""

    pitr: bool = True
    window: tuple[int, int] | None = (int(_AT.timestamp()) - 1800, int(_AT.timestamp()) + 1800)
    asked: list[str] = field(default_factory=list)

    def backups(self) -> Backups:
        """As Supabase's API answers."""
        names = ("earliest_physical_backup_date_unix", "latest_physical_backup_date_unix")
        window = dict(zip(names, self.window, strict=True)) if self.window else {}
        return Backups.model_validate(
            {"pitr_enabled": self.pitr, "backups": [], "physical_backup_data": window}
        )

    def restore_to(self, moment: int) -> None:
        """Only noted."""
        self.asked.append(f"back to {moment}")


@pytest.mark.parametrize(
    ("vendor", "at", "overwrite", "says"),
    [
        (FakeVendor(pitr=False), _AT, "postgres", "no point-in-time recovery.*newest dump"),
        (FakeVendor(window=None), _AT, "postgres", "no moment to offer"),
        (FakeVendor(), _AT.replace(hour=14), "postgres", "outside of what Supabase has"),
        (FakeVendor(), _AT, None, "--lose postgres"),
        (FakeVendor(), _AT, "other", "--lose postgres"),
    ],
)
def test_what_cannot_be_done_is_told_first(
    vendor: FakeVendor, at: datetime, overwrite: str | None, says: str
) -> None:
    """Nothing is asked of the vendor then."""
    with pytest.raises(OperatorError, match=says):
        Going(vendor, "postgres", lambda _: None).check(at, overwrite)
    assert vendor.asked == []


def test_what_is_there_is_kept_before_it_goes() -> None:
    """A dump first; where that fails, nothing else is done."""
    vendor = FakeVendor()
    going = Going(vendor, "postgres", vendor.asked.append)
    going.check(_AT, "postgres")
    going.go(_AT, lambda: "7 rows", lambda: vendor.asked.append("waited"))
    moment = f"back to {int(_AT.timestamp())}"
    assert vendor.asked == [
        "== a dump of what is there now",
        "7 rows",
        "== the database as of 2026-03-01 12:00:00",
        moment,
        "waited",
    ]
    vendor.asked.clear()

    def fails() -> str:
        raise OperatorError("no dump")

    with pytest.raises(OperatorError, match="no dump"):
        going.go(_AT, fails, lambda: None)
    assert moment not in vendor.asked
