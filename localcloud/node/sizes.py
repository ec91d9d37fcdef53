"""A server type's size as limits of its container."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_PERIOD_US = 100_000
_GIB = 1024**3


@dataclass(frozen=True)
class Limits:
    """Limits the kernel enforces on a server."""

    cpu_quota_us: int
    """CPU time a period of 100 ms."""
    memory_bytes: int

    def arguments(self) -> dict[str, Any]:
        """As keyword arguments for creating a container and for updating one alike.

        Quota and period rather than the shorthand in CPUs: the engine changes the shorthand of a
        container only by the shorthand, which its update call does not take.
        """
        return {
            "cpu_period": _PERIOD_US,
            "cpu_quota": self.cpu_quota_us,
            "mem_limit": self.memory_bytes,
            "memswap_limit": self.memory_bytes,
        }


def limits(cores: int, memory_gb: float, host_cores: int) -> Limits:
    """The limits of a server with that many cores, at most those this machine has."""
    return Limits(min(cores, host_cores) * _PERIOD_US, int(memory_gb * _GIB))
