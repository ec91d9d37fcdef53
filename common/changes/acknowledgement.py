"""Acknowledgements: what the operator has agreed to lose, resource by resource."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from common.window import SUNDAY_NIGHT, Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.changes.model import Change, Finding

SETTING = "nutri:acknowledge"
TAKE_OUT = f"take it out of {SETTING}"
RESIZE = "resize-to-"
"""Agrees to a resize outside the maintenance window: with its new type, so for that one alone."""
VARIABLES = "variables"
"""Agrees to variables going that somebody set in Coolify's dashboard."""
VOLUMES = "volumes"
"""Agrees to volumes of a service going, with all that is on them."""
KINDS = (
    "delete",
    "backups",
    "keepDisk",
    "publicNets",
    "autoDelete",
    "protection",
    VARIABLES,
    VOLUMES,
    "ssh",
)
ALL_DELETED = "*:delete"
"""Agrees to every deletion: the word before a `pulumi destroy`."""
PATTERN = re.compile(rf"[^:\s*]+:({'|'.join(KINDS)}|{RESIZE}[a-z0-9-]+)|{re.escape(ALL_DELETED)}")


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Acknowledgements:
    """What was agreed to.

    Attributes:
        given: entries of the setting, `<resource>:<what>`.
        protect: the setting `nutri:protect`; false agrees to protection going off.
        window: within it some changes need no acknowledgement.
        now: the clock.
    """

    given: tuple[str, ...] = ()
    protect: bool = True
    window: Window = SUNDAY_NIGHT
    now: Callable[[], datetime] = _utc

    def cover(self, resource: str, what: str) -> bool:
        """Whether this loss of this resource was agreed to."""
        return self.entry(resource, what) is not None or (what == "protection" and not self.protect)

    def entry(self, resource: str, what: str) -> str | None:
        """Return the entry of the setting that agrees, if one does."""
        wanted = {f"{resource}:{what}"} | ({ALL_DELETED} if what == "delete" else set())
        return next((entry for entry in self.given if entry in wanted), None)

    def missing(self, change: Change, finding: Finding) -> str | None:
        """Return the entry that a finding lacks before it may happen."""
        what = finding.acknowledge
        if what is None or self.cover(change.name, what) or self._is_time_for(finding):
            return None
        return f"{change.name}:{what}"

    def _is_time_for(self, finding: Finding) -> bool:
        """Whether it begins and ends in the maintenance window."""
        away = timedelta(seconds=finding.downtime.most if finding.downtime else 0)
        now = self.now()
        return finding.in_window and self.window.covers(now, now + away)

    def stale(self, used: frozenset[str]) -> tuple[str, ...]:
        """Return the entries that agree to nothing that happens."""
        return tuple(entry for entry in self.given if entry not in used)


def remedy(entry: str, given: int) -> str:
    """Say how to agree, where `given` entries are there already."""
    return f"pulumi config set --path '{SETTING}[{given}]' {shlex.quote(entry)}"


def open_door(entry: str) -> str:
    """Say what an entry means that agrees to nothing which happens."""
    if entry == ALL_DELETED:
        return f"{entry} lets everything of the stack go; unless you destroy it next, {TAKE_OUT}"
    return f"{entry} acknowledges nothing that changes; {TAKE_OUT}"
