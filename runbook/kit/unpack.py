"""Makes a stack out of a kit: its config, its secrets, its passphrase, and an empty state.

Done twice, it is as done once; what is there already is written again.
"""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from common import passphrase
from runbook import stack as stacks
from runbook.kit.collect import CA_BUNDLE
from runbook.kit.model import Value
from runbook.kit.passphrase import KitError
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runbook.kit.model import Kit

_BY_SERVICE = "nutri:secrets"
_DROPPED = frozenset({"nutri:acknowledge"})
"""What was agreed to be lost on the old stack was not agreed to on the new one."""
_CREDENTIALS = "AWS_SHARED_CREDENTIALS_FILE"
_SECRET_MODE, _SECRET_FOLDER_MODE = 0o600, 0o700


@dataclass(frozen=True)
class Plan:
    """A new stack, and in what it differs from the old one."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Config values by full key; None takes one away."""
    backend: str | None = None
    """URL of the state backend; None: the environment's, else the kit's."""


def in_place_of(kit: Kit) -> dict[str, Any]:
    """What a stack that takes a lost one's place does otherwise: names last, data first."""
    changes: dict[str, Any] = {"nutri:takeOverDns": True}
    if kit.text("nutri:dumps").lower() == "true":
        changes["nutri:restore"] = "latest"
    return changes


@dataclass(frozen=True)
class Unpacked:
    """What `pulumi up` wants in its environment, and the file with the config."""

    environment: dict[str, str]
    config_file: Path
    surroundings: Path
    """The file that `. bin/env` reads; a passphrase is named by its file."""


@dataclass(frozen=True)
class Unpacking:
    """One kit becoming one stack in one project folder."""

    kit: Kit
    plan: Plan
    project: Path

    def run(self) -> Unpacked:
        """Make the stack.

        Raises:
            KitError: when the stack that was is still there under this name.
            StackError: when the engine refuses.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(_SECRET_FOLDER_MODE)
        environment = self._environment()
        self._select(environment)
        self._write_config(environment)
        self._surroundings.write_text(surroundings(self.plan.name, environment))
        return Unpacked(environment, self._config_file, self._surroundings)

    @property
    def _folder(self) -> Path:
        return self.project / ".local" / "recovery" / self.plan.name

    @property
    def _config_file(self) -> Path:
        return self.project / f"Pulumi.{self.plan.name}.yaml"

    @property
    def _surroundings(self) -> Path:
        return self.project / f"Pulumi.{self.plan.name}.env"

    def _environment(self) -> dict[str, str]:
        given = self.plan.backend or os.environ.get("PULUMI_BACKEND_URL") or self.kit.backend
        made = {"PULUMI_BACKEND_URL": given}
        parts = urlsplit(given)
        if parts.scheme == "file" and parts.path.startswith("/"):
            _make_folder(parts.path)
        if not self._has_passphrase():
            file = (self._folder / "passphrase").absolute()
            file.touch(_SECRET_MODE)
            file.write_text(f"{self.kit.passphrase}\n")
            made[passphrase.FILE_VARIABLE] = str(file)
        return made

    def _has_passphrase(self) -> bool:
        """Whether the environment has one to keep secrets with, or the very one of the kit."""
        found = passphrase.of(os.environ)
        return found is not None and (
            found == self.kit.passphrase or passphrase.weakness(found) is None
        )

    def _select(self, environment: Mapping[str, str]) -> None:
        selected = stacks.run(
            self.project, ["stack", "select"], self.plan.name, environment=environment
        )
        if not selected.returncode:
            self._refuse_the_old_one(environment)
            return
        words = ["stack", "init", self.plan.name, "--secrets-provider", "passphrase"]
        made = stacks.run(self.project, words, environment=environment)
        if made.returncode:
            raise StackError(stacks.explain(made.stderr, self.plan.name))

    def _refuse_the_old_one(self, environment: Mapping[str, str]) -> None:
        if self.plan.name != self.kit.stack:
            return
        words = ["stack", "export"]
        done = stacks.run(self.project, words, self.plan.name, environment=environment)
        state = json.loads(done.stdout) if not done.returncode else {}
        if (state.get("deployment") or {}).get("resources"):
            raise KitError(
                f"the stack {self.plan.name!r} is there, with resources: `pulumi up` mends it. For "
                f"a new platform beside it give another name, as in --stack {self.plan.name}-2"
            )

    def _write_config(self, environment: Mapping[str, str]) -> None:
        values = self._values()
        plain = {key: one.value for key, one in values.items() if not one.secret}
        known = yaml.safe_load(_read(self._config_file)) or {}
        known["config"] = plain
        self._config_file.write_text(yaml.safe_dump(known, sort_keys=False, allow_unicode=True))
        for key, one in values.items():
            if one.secret:
                for path, text in leaves(key, one.value):
                    self._set_secret(path, text, environment)

    def _set_secret(self, key: str, text: str, environment: Mapping[str, str]) -> None:
        by_path = [] if key.partition(":")[2].isalnum() else ["--path"]
        words = ["config", "set", "--secret", *by_path, key]
        done = stacks.run(self.project, words, self.plan.name, stdin=text, environment=environment)
        if done.returncode:
            raise StackError(f"{key}: {stacks.explain(done.stderr, self.plan.name)}")

    def _values(self) -> dict[str, Value]:
        changes = {**self.plan.changes, **self._files()}
        kept = {k: v for k, v in self.kit.config.items() if k not in _DROPPED | changes.keys()}
        old = self.kit.config
        return kept | {
            key: Value(value=value, secret=key in old and old[key].secret)
            for key, value in changes.items()
            if value is not None
        }

    def _files(self) -> dict[str, str]:
        """Write the files the config names; the values that name them here."""
        made = {}
        for name, text in self.kit.files.items():
            if name == self.kit.text(CA_BUNDLE):
                file = self._folder / "ca.pem"
                file.write_text(text)
                made[CA_BUNDLE] = str(file.relative_to(self.project))
        return made


def leaves(key: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield a secret, or each one of the object of secrets, by its path: so one can be changed."""
    whole = json.loads(value) if key == _BY_SERVICE and isinstance(value, str) else value
    if not isinstance(whole, dict):
        yield key, whole if isinstance(whole, str) else json.dumps(whole)
        return
    for name, inner in whole.items():
        step = f'["{name}"]' if "." in name else f".{name}"
        yield from leaves(f"{key}{step}", inner)


def surroundings(stack: str, environment: Mapping[str, str]) -> str:
    """The text of a stack's Pulumi.<stack>.env."""
    named = dict(environment)
    if keys := os.environ.get(_CREDENTIALS):
        named[_CREDENTIALS] = keys
    lines = [f"{name}={shlex.quote(value)}" for name, value in named.items()]
    head = f"# The surroundings of the stack {stack}: `. bin/env {stack}`. No secret is in here."
    return "\n".join([head, *lines, ""])


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - a URL's path, not one of ours
    except OSError as error:
        raise KitError(
            f"the state backend file://{path} cannot be made ({error.strerror}); give another "
            "with --backend"
        ) from None


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""
