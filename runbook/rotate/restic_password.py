"""The password of the dumps' repository: restic knows several, each opens all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook import dumps
from runbook.rotate.journal import Pair
from runbook.rotate.rotation import RotationError, Step
from runbook.rotate.values import made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook.rotate.scene import Scene

KIND = "restic-password"
_SETTING = "nutri:resticPassword"


class ResticPassword:
    """Both open the repository until the server and the config have the new one."""

    secret = KIND
    old_works = False

    def __init__(self, scene: Scene, value: Callable[[], str] = made) -> None:
        self._scene = scene
        self._value = value
        self._journal = scene.journal(KIND)
        self._pair = self._journal.read()

    def steps(self) -> Sequence[Step]:
        """See `Rotation`."""
        return (
            Step("a new password", self._begin),
            Step("the repository takes it", self._add),
            Step("in the config", self._configure),
            Step("the server has it", self._scene.up),
            Step("the dumps, with it alone", self._list),
            Step("the old one refused", self._prove),
        )

    @staticmethod
    def left() -> Sequence[str]:
        """See `Rotation`."""
        return (
            "who copied the repository before opens the copy with the old one: dumps are in there",
        )

    @property
    def pair(self) -> Pair:
        """Old and new password."""
        if self._pair is None:
            raise RotationError("no rotation of the dumps' password is under way")
        return self._pair

    def _begin(self) -> str:
        if self._scene.target.dumps is None:
            raise RotationError(f"stack {self._scene.target.stack} takes no dumps")
        if self._pair is None:
            old, new = str(self._scene.config.get(_SETTING) or ""), self._value()
            if not old:
                raise RotationError(f"{_SETTING} is not in the stack's config")
            if new == old:
                raise RotationError("the new password is the old one")
            self._pair = self._journal.begin(Pair(old, new))
        return f"of {len(self.pair.new)} characters"

    def _add(self) -> str:
        try:
            added = self._ask("key-add", self.pair.new)["added"]
        except dumps.DumpFailedError as error:
            if "nutri-dump init" in f"nutri-dump {error}":
                raise OperatorError(
                    "the program on the server is older than this one: `pulumi up`, then again"
                ) from None
            raise
        return "it opens it, as the old one does" if added else "it opens it already"

    def _configure(self) -> str:
        self._scene.config.set_secret(self.pair.new, _SETTING)
        return _SETTING

    def _list(self) -> str:
        """By the server's own file, which the update wrote."""
        return f"{len(dumps.ask(self._scene.target, 'list'))} are listed"

    def _prove(self) -> str:
        self._ask("key-remove", self.pair.old)
        if self._ask("key-opens", self.pair.old)["opens"]:
            raise OperatorError("the old password still opens the repository")
        if not self._ask("key-opens", self.pair.new)["opens"]:
            raise OperatorError("the new password does not open the repository")
        self._journal.end()
        return "wrong password, for the old one; the new one opens it"

    def _ask(self, command: str, password: str) -> dict[str, bool]:
        answer: dict[str, bool] = dumps.ask(self._scene.target, command, stdin=password)
        return answer
