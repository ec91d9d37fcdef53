"""M3: a migration from a new image, from its status to the version that needs it."""

from runbook.migrate.container import Ended, one_off
from runbook.migrate.sequence import Migration, Outcome, migrate

__all__ = ["Ended", "Migration", "Outcome", "migrate", "one_off"]
