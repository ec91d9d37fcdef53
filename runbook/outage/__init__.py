"""E1: a service is down: look, restart, look again, read the logs, go back."""

from runbook.outage.journal import Journal
from runbook.outage.sequence import Outage, Tools

__all__ = ["Journal", "Outage", "Tools"]
