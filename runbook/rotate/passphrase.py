"""The passphrase of config and state: all of their secrets are encrypted anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from common import passphrase
from common.errors import OperatorError
from common.passphrase import FILE_VARIABLE, VARIABLE
from runbook import locks
from runbook import stack as stacks
from runbook.rotate.rotation import RotationError, Step

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

_MODE = 0o600
_SECONDS = 600.0


class Passphrase:
    """What is under way lies beside the passphrase's file until the old one opens nothing.

    The engine writes the config first and the state after it; cut off in between, neither
    passphrase opens both. So the config is kept as it was, and put back before it is tried again.
    """

    secret = "passphrase"  # noqa: S105 - what is changed
    old_works = False

    def __init__(self, project: Path, stack: str | None, value: Callable[[], str]) -> None:
        """Nothing is asked of the state: it may be the one that the old one does not open."""
        self._project = project
        self.stack = locks.require_none(project, stack)
        self._value = value
        self._file = _file()
        self._next = self._file.with_name(f"{self._file.name}.new")
        self._old = self._read(self._file)

    def steps(self) -> Sequence[Step]:
        """See `Rotation`."""
        return (
            Step("a new passphrase", self._begin),
            Step("config and state encrypted anew", self._change),
            Step("the old one opens neither", self._prove),
            Step("in its place", self._put),
        )

    def left(self) -> Sequence[str]:
        """See `Rotation`."""
        return (
            f"into your password manager: what is in {self._file} now",
            f"GitHub: the secret {VARIABLE} of the environments preview and production",
            "the other operators: the passphrase, and the config as it is now",
            "older copies of state and config, in git too, stay open to the old one",
        )

    def _begin(self) -> str:
        if not self._next.exists():
            self._keep_new(self._value())
        new = self._read(self._next)
        return f"of {len(new)} characters, in {self._next} meanwhile"

    def _keep_new(self, new: str) -> None:
        if why := passphrase.weakness(new):
            raise RotationError(f"the new passphrase will not do: {why}")
        if new == self._old:
            raise RotationError("the new passphrase is the old one")
        if not self._opens(self._old):
            raise RotationError(
                f"what is in {self._file} does not open config and state of {self.stack}: "
                f"`. bin/env {self.stack}` first"
            )
        _write(self._kept, self._config.read_text(encoding="utf-8"))
        _write(self._next, f"{new}\n")

    def _change(self) -> str:
        new = self._read(self._next)
        if self._opens(new):
            return "they are, and it opens both"
        if not self._opens(self._old):
            _write(self._config, self._kept.read_text(encoding="utf-8"), mode=0o644)
        done = stacks.run(
            self._project,
            ["stack", "change-secrets-provider", "passphrase"],
            self.stack,
            stdin=f"{new}\n{new}\n",
            timeout=_SECONDS,
            environment={VARIABLE: self._old},
        )
        if done.returncode:
            raise OperatorError(stacks.explain(done.stderr, self.stack))
        if not self._opens(new):
            raise OperatorError("the engine says it is done, and the new one does not open both")
        return "it opens both"

    def _prove(self) -> str:
        if self._opens_config(self._old):
            raise OperatorError("the old one still opens the config")
        if not self._is_of_config():
            raise OperatorError("the state is still encrypted with another one than the config")
        return "incorrect passphrase, for config and state"

    def _put(self) -> str:
        self._kept.unlink(missing_ok=True)
        self._next.replace(self._file)
        return str(self._file)

    def _opens(self, text: str) -> bool:
        return self._opens_config(text) and self._is_of_config()

    def _opens_config(self, text: str) -> bool:
        done = self._run(text, "config", "--json", "--show-secrets")
        if done.returncode and "passphrase" not in done.stderr.lower():
            raise OperatorError(stacks.explain(done.stderr, self.stack))
        return done.returncode == 0

    def _is_of_config(self) -> bool:
        """Whether the state has the config's salt: one passphrase opens both, or neither."""
        done = self._run(self._old, "stack", "export")
        if done.returncode:
            raise OperatorError(stacks.explain(done.stderr, self.stack))
        deployment = json.loads(done.stdout).get("deployment") or {}
        salt = ((deployment.get("secrets_providers") or {}).get("state") or {}).get("salt")
        written = yaml.safe_load(self._config.read_text(encoding="utf-8")) or {}
        return salt in {None, written.get("encryptionsalt")}

    def _run(self, text: str, *words: str) -> subprocess.CompletedProcess[str]:
        return stacks.run(self._project, words, self.stack, environment={VARIABLE: text})

    @property
    def _config(self) -> Path:
        return self._project / f"Pulumi.{self.stack}.yaml"

    @property
    def _kept(self) -> Path:
        return self._next.with_name(f"{self._next.name}.config")

    @staticmethod
    def _read(file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise RotationError(f"{file} cannot be read: {error.strerror}") from None


def _file() -> Path:
    """The file the passphrase is in; one of a variable could not be put back there."""
    name = os.environ.get(FILE_VARIABLE)
    if VARIABLE in os.environ or not name:
        raise RotationError(
            f"the passphrase is changed where it is kept: in the file of {FILE_VARIABLE}, with no "
            f"{VARIABLE} set (`. bin/env STACK` sees to that)"
        )
    return Path(name)


def _write(file: Path, text: str, mode: int = _MODE) -> None:
    """Whole or not at all, for its owner alone."""
    half = file.with_name(f".{file.name}.half")
    half.unlink(missing_ok=True)
    half.touch(mode)
    half.write_text(text, encoding="utf-8")
    half.replace(file)
