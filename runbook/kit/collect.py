"""Takes a kit of a stack that is up: from config, state and environment, never from a server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from common import passphrase as stack_passphrase
from common.passphrase import FILE_VARIABLE, VARIABLE
from runbook import stack as stacks
from runbook.kit.model import Kit, Value
from runbook.kit.passphrase import KitError
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from common.target import DumpsTarget

CA_BUNDLE = "nutri:caBundle"
_APP_KEY = "::app-key"
_SFTP = re.compile(r"sftp:(?P<login>[^:/]+):(?P<folder>.+)")
_BOX_PORT = 23
_GIT_SECONDS = 10.0


@dataclass(frozen=True)
class Source:
    """One stack of a project, through the engine."""

    project: Path
    stack: str
    dumps: DumpsTarget | None = None

    def kit(self) -> Kit:
        """All of it.

        Raises:
            StackError: when config or state cannot be read.
            KitError: when the passphrase is not in the environment.
        """
        config = self.config()
        secret = passphrase(os.environ)
        return Kit(
            stack=self.stack,
            made=datetime.now(UTC).replace(microsecond=0),
            program=program(self.project),
            backend=self.backend(),
            passphrase=secret,
            config=config,
            files=self._files(config),
            state=self.state(),
            app_key=app_key(self.state(reveal=True)),
        )

    def config(self) -> dict[str, Value]:
        """What the stack itself sets, secrets revealed; raises StackError.

        The defaults of the program go with the program.
        """
        revealed = json.loads(self._run("config", "--json", "--show-secrets"))
        made = {
            key: Value(value=one["value"], secret=True)
            for key, one in revealed.items()
            if one["secret"]
        }
        plain = {k: Value(value=v) for k, v in self._written().items() if k not in made}
        return _from_environment(os.environ) | plain | made | self._repository()

    def _repository(self) -> dict[str, Value]:
        """A Storage Box that the stack made, as one that is there: it outlives the server."""
        found = _SFTP.fullmatch(self.dumps.repository) if self.dumps else None
        if found is None or self.dumps is None:
            return {}
        _, _, key = self.dumps.known_hosts.strip().partition(" ")
        identity = self.dumps.identity.get_secret_value()
        place = f"sftp://{found['login']}:{_BOX_PORT}/{found['folder'].lstrip('/')}"
        return {
            "nutri:dumpRepository": Value(value=place),
            "nutri:dumpHostKey": Value(value=key),
            "nutri:dumpSshKey": Value(value=identity, secret=True),
        }

    def _written(self) -> dict[str, Any]:
        file = self.project / f"Pulumi.{self.stack}.yaml"
        try:
            return dict((yaml.safe_load(file.read_text()) or {}).get("config") or {})
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise KitError(f"{file} cannot be read: {error}") from None

    def state(self, *, reveal: bool = False) -> dict[str, Any]:
        """The stack's state; raises StackError."""
        words = ["stack", "export", *(["--show-secrets"] if reveal else [])]
        return dict(json.loads(self._run(*words)))

    def backend(self) -> str:
        """URL of the state backend; raises StackError."""
        return str(json.loads(self._run("whoami", "--json", of_stack=False))["url"])

    def _files(self, config: Mapping[str, Value]) -> dict[str, str]:
        name = config.get(CA_BUNDLE)
        if name is None or not name.value:
            return {}
        try:
            return {str(name.value): (self.project / str(name.value)).read_text()}
        except OSError as error:
            raise KitError(f"{CA_BUNDLE}: {name.value} cannot be read: {error.strerror}") from None

    def _run(self, *words: str, of_stack: bool = True) -> str:
        stack = self.stack if of_stack else None
        # Given by itself: what is read with it proves the one that goes into the kit.
        given = {VARIABLE: passphrase(os.environ)} if of_stack else None
        done = stacks.run(self.project, words, stack, environment=given)
        if done.returncode:
            raise StackError(stacks.explain(done.stderr, self.stack))
        return done.stdout


def _from_environment(environment: Mapping[str, str]) -> dict[str, Value]:
    """What the program takes from the environment where the config does not say."""
    names = {"hcloud:token": "HCLOUD_TOKEN", "hcloud:endpoint": "HCLOUD_ENDPOINT"}
    return {
        key: Value(value=environment[name], secret=key == "hcloud:token")
        for key, name in names.items()
        if environment.get(name)
    }


def passphrase(environment: Mapping[str, str]) -> str:
    """The passphrase of config and state, the one of several that the engine prefers.

    Raises:
        KitError: when it is not set, or its file cannot be read.
    """
    try:
        found = stack_passphrase.of(environment)
    except stack_passphrase.PassphraseError as error:
        raise KitError(str(error)) from None
    if not found:
        raise KitError(
            "the passphrase of config and state is not in the environment: "
            f"`. bin/env STACK`, or set {VARIABLE} or {FILE_VARIABLE}"
        )
    return found


def app_key(state: Mapping[str, Any]) -> str:
    """Coolify's APP_KEY out of a state with its secrets revealed; empty when there is none."""
    for one in _resources(state):
        if str(one.get("urn", "")).endswith(_APP_KEY):
            return _plain((one.get("outputs") or {}).get("value"))
    return ""


def _plain(value: object) -> str:
    """A value of a state, out of the envelope a revealed secret has."""
    if isinstance(value, dict):
        try:
            return str(json.loads(value.get("plaintext", '""')))
        except ValueError:
            return ""
    return value if isinstance(value, str) else ""


def _resources(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (state.get("deployment") or {}).get("resources") or ()


def program(project: Path) -> str:
    """Commit and remote of the repository the program is from; empty where git does not tell."""
    return " ".join(filter(None, (_git(project, "rev-parse", "HEAD"), _remote(project))))


def _remote(project: Path) -> str:
    """Where it was cloned from, without a login that may be in the address."""
    url = _git(project, "remote", "get-url", "origin")
    scheme, separator, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else url


def _git(project: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *words],
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if not done.returncode else ""
