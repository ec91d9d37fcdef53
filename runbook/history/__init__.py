"""Who changed what, when, from where, and how it ended: on the servers, and in the state."""

from runbook.history.entry import Entry
from runbook.history.log import read, write
from runbook.history.updates import of_updates

__all__ = ["Entry", "of_updates", "read", "write"]
