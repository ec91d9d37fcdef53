"""What must be true of a running platform: evidence, verdicts, a registry, reports."""

from checks.registry import CHECKS, select
from checks.report import ChecksFailedError, Report, Result
from checks.runner import run, verify
from checks.verdict import Status, Verdict

__all__ = [
    "CHECKS",
    "ChecksFailedError",
    "Report",
    "Result",
    "Status",
    "Verdict",
    "run",
    "select",
    "verify",
]
