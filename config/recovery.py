"""What a stack made from a recovery kit does otherwise."""

from __future__ import annotations

from config.base import Frozen


class RecoverySettings(Frozen):
    """A platform that takes the place of a lost one."""

    take_over_dns: bool = False
