"""M1: announced in time, begun in the window, ended and proven; the config value follows."""

from runbook.maintenance.rules import (
    NOTICE,
    announced,
    begun,
    objections_to_announcing,
    objections_to_beginning,
    require,
)
from runbook.maintenance.setting import SETTING, read, write

__all__ = [
    "NOTICE",
    "SETTING",
    "announced",
    "begun",
    "objections_to_announcing",
    "objections_to_beginning",
    "read",
    "require",
    "write",
]
