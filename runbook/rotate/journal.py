"""What is being changed just now: kept in the stack's config, encrypted as all its secrets are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from runbook.rotate.config import Config

SETTING = "nutri:rotating"


@dataclass(frozen=True)
class Pair:
    """A secret as it was, and as it is to be."""

    old: str
    new: str
    name: str = ""
    """Which one of the app's, as `nutri-backend.JWT_SECRET`."""

    def __repr__(self) -> str:
        return f"Pair({self.name or '...'})"


@dataclass(frozen=True)
class Journal:
    """The entry of one kind of secret; there is one at a time."""

    config: Config
    kind: str

    def read(self) -> Pair | None:
        """The rotation that is under way; None where none is, or it was cut off before it began.

        Raises:
            OperatorError: the config cannot be read, or holds something else.
        """
        found = self.config.get(SETTING, self.kind)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise OperatorError(f"{SETTING}.{self.kind}: is no object; take it out of the config")
        if not {"old", "new"} <= found.keys():
            return None
        return Pair(str(found["old"]), str(found["new"]), str(found.get("name", "")))

    def begin(self, pair: Pair) -> Pair:
        """Note a rotation before anything is changed; `new` comes last, for it makes it count."""
        where = (SETTING, self.kind)
        # An object takes the name of its first part: what is left of an earlier attempt goes.
        self.end()
        self.config.set_secret(pair.old, *where, "old")
        if pair.name:
            self.config.set_secret(pair.name, *where, "name")
        self.config.set_secret(pair.new, *where, "new")
        return pair

    def end(self) -> None:
        """Forget it: nothing of the old secret stays."""
        found = self.config.get(SETTING)
        if not isinstance(found, dict) or self.kind not in found:
            return
        path = (SETTING,) if set(found) == {self.kind} else (SETTING, self.kind)
        self.config.remove(*path)
