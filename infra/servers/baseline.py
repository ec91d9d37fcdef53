"""The values of the step that sets a server up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common import baseline

if TYPE_CHECKING:
    import pulumi


def baseline_values() -> dict[str, pulumi.Input[str]]:
    """Return them, as the script wants them."""
    return {
        "SYSCTLS": "\n".join(f"{name} = {value}" for name, value in baseline.SYSCTLS.items()),
        "SSHD": "\n".join(f"{name} {value}" for name, value in baseline.SSHD.items()),
    }
