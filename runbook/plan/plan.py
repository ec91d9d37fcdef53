"""The plan: every change with its findings, its price and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from common.changes import Acknowledgements, Downtime, Finding, Op, Risk, classify
from common.window import SUNDAY_NIGHT, Window
from runbook.plan.rolls import rolls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from common.changes import Change
    from runbook.plan.prices import Prices
    from runbook.plan.rolls import Roll
    from runbook.plan.steps import Step

    Backups = Callable[[Change], str | None]


class Verdict(Enum):
    """What a plan comes to; the value is the exit code."""

    HARMLESS = 0
    RISKY = 3
    REFUSED = 4


@dataclass(frozen=True)
class Row:
    """One resource that changes."""

    change: Change
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    """Acknowledgements it lacks."""
    used: tuple[str, ...]
    """Acknowledgements it uses."""
    protected: bool
    """Pulumi refuses to let the resource go, for `nutri:protect` is true."""
    before: Decimal | None
    """Net price a month; None: not known."""
    after: Decimal | None
    problem: str | None = None
    """Why it may not happen whatever is acknowledged: no fresh backup."""

    @property
    def risk(self) -> Risk:
        """The gravest risk of all findings."""
        return max((one.risk for one in self.findings), key=lambda r: r.severity, default=Risk.NONE)

    @property
    def downtime(self) -> Downtime | None:
        """The longest downtime of all findings."""
        known = [one.downtime for one in self.findings if one.downtime]
        return max(known, key=lambda one: one.most, default=None)

    @property
    def is_machinery(self) -> bool:
        """Whether it is only how the program works, and nothing of the platform."""
        return self.change.kind in _MACHINERY and self.verdict is Verdict.HARMLESS

    @property
    def verdict(self) -> Verdict:
        """Whether it may happen."""
        if self.protected or self.missing or self.problem:
            return Verdict.REFUSED
        return Verdict.RISKY if self.risk.severity else Verdict.HARMLESS


@dataclass(frozen=True)
class Plan:
    """All that changes, and what the whole stack costs."""

    stack: str
    rows: tuple[Row, ...]
    """The gravest first."""
    given: tuple[str, ...]
    """Acknowledgements in the config."""
    stale: tuple[str, ...]
    """Those of them that nothing uses."""
    before: Decimal
    """Net price a month of all that has a known price."""
    after: Decimal
    currency: str
    rolls: tuple[Roll, ...] = ()
    """Containers that it makes anew, in their order."""
    holds: tuple[tuple[str, Decimal | None], ...] = ()
    """What the price afterwards is made of; None: it has a price that is not known."""
    notes: tuple[str, ...] = ()
    window: Window = SUNDAY_NIGHT

    @property
    def waits(self) -> bool:
        """Whether something of it only lacks the maintenance window."""
        return any(row.missing and one.in_window for row in self.rows for one in row.findings)

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of all rows."""
        return max((row.verdict for row in self.rows), key=lambda v: v.value, default=_NOTHING)

    @property
    def missing(self) -> tuple[str, ...]:
        """Acknowledgements that lack, each once."""
        return tuple(dict.fromkeys(entry for row in self.rows for entry in row.missing))


_MACHINERY = frozenset({"nutri/Verification", "nutri/Reachable"})
_NOTHING = Verdict.HARMLESS


def _none(_change: Change) -> str | None:
    return None


def judge(
    step: Step, acknowledgements: Acknowledgements, prices: Prices, backups: Backups = _none
) -> Row:
    """Judge one change; `backups` says what lacks of a server's, where that counts."""
    change = step.change
    findings = classify(change)
    missing = [acknowledgements.missing(change, one) for one in findings]
    used = [
        acknowledgements.entry(change.name, one.acknowledge) for one in findings if one.acknowledge
    ]
    before, after = _prices(change, prices)
    return Row(
        change=change,
        findings=findings,
        missing=tuple(entry for entry in missing if entry),
        used=tuple(entry for entry in used if entry),
        protected=step.protected and change.op.removes,
        before=before,
        after=after,
        problem=backups(change) if any(one.needs_backup for one in findings) else None,
    )


def _prices(change: Change, prices: Prices) -> tuple[Decimal | None, Decimal | None]:
    none = Decimal(0)
    before = none if change.op is Op.CREATE else prices.monthly(change.type, change.old)
    if change.op in {Op.DELETE, Op.SAME}:
        return before, none if change.op is Op.DELETE else before
    # What the inputs leave open, a location for instance, stays as it is.
    wanted = {**change.old, **change.new}
    if "backups" not in change.new:
        wanted["backups"] = False
    return before, prices.monthly(change.type, wanted)


def make(
    stack: str,
    steps: Sequence[Step],
    acknowledgements: Acknowledgements,
    prices: Prices,
    backups: Backups = _none,
) -> Plan:
    """Judge all changes; unchanged resources count for the price only."""
    rows = [judge(step, acknowledgements, prices, backups) for step in steps]
    changing = [row for row in rows if row.change.op is not Op.SAME and not row.is_machinery]
    used = frozenset(entry for row in changing for entry in row.used)
    return Plan(
        stack=stack,
        rows=tuple(sorted(changing, key=lambda row: -row.verdict.value)),
        given=acknowledgements.given,
        stale=acknowledgements.stale(used),
        before=sum((row.before or Decimal(0) for row in rows), Decimal(0)),
        after=sum((row.after or Decimal(0) for row in rows), Decimal(0)),
        currency=prices.currency,
        rolls=rolls([step.change for step in steps]),
        holds=tuple((row.change.name, row.after) for row in rows if row.after != 0),
        window=acknowledgements.window,
    )
