"""Constant traffic against a service of the stack, to see what a change does to its users.

    async with Monitor(target, service) as monitor:
        monitor.mark("deploy starts")
        ...
        monitor.mark("deploy ended")
    monitor.report().failed

`watching` is the same for code that knows no asyncio.
"""

from runbook.monitor.background import watching
from runbook.monitor.monitor import Monitor, MonitorNotPossibleError
from runbook.monitor.probe import Only
from runbook.monitor.report import Phase, Report
from runbook.monitor.sample import Connection, Mark, Sample
from runbook.monitor.schedule import MAX_RATE, MAX_SECONDS

__all__ = [
    "MAX_RATE",
    "MAX_SECONDS",
    "Connection",
    "Mark",
    "Monitor",
    "MonitorNotPossibleError",
    "Only",
    "Phase",
    "Report",
    "Sample",
    "watching",
]
