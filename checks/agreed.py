"""How a loss is agreed to that an update refuses otherwise: said, done, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SETTING = "nutri:acknowledge"


def agreed(entries: Sequence[str]) -> str:
    """The commands of it; the entries are what the guard wants to be named."""
    given = [f"`pulumi config set --path '{_SETTING}[{n}]' {one}`" for n, one in enumerate(entries)]
    back = [f"`pulumi config rm --path '{_SETTING}[{n}]'`" for n in reversed(range(len(entries)))]
    return f"{', '.join(given)}, `pulumi up`, and then {', '.join(back)}"
