"""`runbook plan`: what a change would do, risk, cost and downtime of each of its parts."""

from __future__ import annotations

from runbook.plan.plan import Plan, Row, Verdict
from runbook.plan.proposal import propose

__all__ = ["Plan", "Row", "Verdict", "propose"]
