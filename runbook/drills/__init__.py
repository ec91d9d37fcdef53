"""Drills: a disaster made on purpose, its detection and its repair, measured."""

from runbook.drills.report import Drill, Outcome, Phase

__all__ = ["Drill", "Outcome", "Phase"]
