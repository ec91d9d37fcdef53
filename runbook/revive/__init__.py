"""E4: a server that does not answer, from a first look to a platform that is well again."""

from runbook.revive.sequence import Bounds, Revival, Step, Tools

__all__ = ["Bounds", "Revival", "Step", "Tools"]
