"""Taking the whole database back to a moment, by the vendor, with the care of a dump."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.supabase import Backups

_FROM_A_DUMP = (
    "what came since the newest dump is lost then: `runbook dump list`, `runbook restore --to"
    " scratch --at TIME` to look, `runbook restore --to database --at TIME --lose NAME`"
)


class Vendor(Protocol):
    """What is asked of the vendor; each raises OperatorError where it cannot be."""

    def backups(self) -> Backups:
        """Which moments there are."""

    def restore_to(self, moment: int) -> None:
        """Begin to take the database back; in seconds since 1970."""


@dataclass(frozen=True)
class Going:
    """A restore to a moment; `say` takes a line for the operator."""

    vendor: Vendor
    name: str
    """The database's."""
    say: Callable[[str], None]

    def check(self, at: datetime, overwrite: str | None) -> None:
        """See that it can be done, and is meant.

        Raises:
            OperatorError: it cannot, or the database was not named a second time.
        """
        found = self.vendor.backups()
        window = found.window
        if not found.pitr_enabled:
            raise OperatorError(f"the project's plan has no point-in-time recovery: {_FROM_A_DUMP}")
        if window is None or window.earliest is None or window.latest is None:
            raise OperatorError(f"Supabase has no moment to offer yet: {_FROM_A_DUMP}")
        if not window.earliest <= at.timestamp() <= window.latest:
            raise OperatorError(
                f"--at {_shown(at.timestamp())} is outside of what Supabase has, from"
                f" {_shown(window.earliest)} to {_shown(window.latest)} (UTC)"
            )
        if overwrite != self.name:
            raise OperatorError(
                f"everything that came after {_shown(at.timestamp())} goes, and nothing was done"
                f" yet: name the database a second time, --lose {self.name}"
            )

    def go(self, at: datetime, keep: Callable[[], str], wait: Callable[[], None]) -> None:
        """Keep what is there in a dump, then take it back, and wait until it answers."""
        self.say("== a dump of what is there now")
        self.say(keep())
        self.say(f"== the database as of {_shown(at.timestamp())}")
        self.vendor.restore_to(int(at.timestamp()))
        wait()


def _shown(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
