"""All that a bug report needs, in one archive, with every secret blotted out."""

from runbook.bug_report.bundle import Bundle, write
from runbook.bug_report.collect import collect
from runbook.bug_report.redaction import Redaction

__all__ = ["Bundle", "Redaction", "collect", "write"]
