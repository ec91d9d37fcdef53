"""Prisma in a checkout of the app's repository on this machine, for images that have none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from clients.dns import Resolver
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from common.target import Vantage

_HASH = re.compile(r"[0-9a-f]{7,40}")
_MIGRATIONS = "prisma/migrations"
_TOOLS = ("sh", "npx")
_GIT_SECONDS = 20


@dataclass(frozen=True)
class Checkout:
    """A folder with `prisma/migrations` and the app's dependencies."""

    folder: Path
    tag: str
    vantage: Vantage

    @property
    def name(self) -> str:
        """As people know it."""
        return f"the checkout {self.folder}"

    def missing(self) -> list[str]:
        """Everything that keeps Prisma from running here, with what to do."""
        found = [
            f"there is no `{tool}` on PATH: install Node.js"
            for tool in _TOOLS
            if not shutil.which(tool)
        ]
        if not (self.folder / _MIGRATIONS).is_dir():
            return [*found, f"{self.folder} has no {_MIGRATIONS}: name the folder of the backend"]
        if not (self.folder / "node_modules" / ".bin" / "prisma").exists():
            found.append(f"{self.folder} has no Prisma installed: `npm ci` in it")
        return [*found, *self._other_version()]

    def run(self, command: str, environment: Mapping[str, str], bound: float) -> tuple[int, str]:
        """Run a shell command in the folder: its code and words, without the secrets.

        Raises:
            OperatorError: it does not end in time.
        """
        own = {name: self._reached(url) for name, url in environment.items()}
        try:
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=self.folder,
                env={**os.environ, **own},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=bound,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OperatorError(
                f"{command}, in {self.name}, did not end within {bound:g} s; see who holds what: "
                "`runbook database status`"
            ) from error
        words = done.stdout
        for secret in {*environment.values(), *own.values()}:
            words = words.replace(secret, "***")
        return done.returncode, words

    def _reached(self, url: str) -> str:
        """The URL with the address that the vantage's own name servers give, where it has some."""
        parts = urlsplit(url)
        if not self.vantage.nameservers or not parts.hostname:
            return url
        address = Resolver(self.vantage.nameservers).addresses(parts.hostname)[0]
        login, at, place = parts.netloc.rpartition("@")
        return urlunsplit(
            parts._replace(netloc=login + at + place.replace(parts.hostname, address))
        )

    def _other_version(self) -> list[str]:
        """What keeps the checkout from being that of the tag; tags that are no commit tell none."""
        head = self._git("rev-parse", "HEAD")
        if not _HASH.fullmatch(self.tag) or head is None:
            return []
        if not head.startswith(self.tag):
            mend = f"`git -C {self.folder} checkout {self.tag}`, then `npm ci`"
            return [f"{self.folder} is at {head[:7]}, and the tag is {self.tag}: {mend}"]
        if self._git("status", "--porcelain", "--", "prisma"):
            return [f"{self.folder}/prisma differs from commit {self.tag}: `git status` there"]
        return []

    def _git(self, *words: str) -> str | None:
        """What git says; None where it knows no such repository."""
        try:
            done = subprocess.run(
                ["git", "-C", str(self.folder), *words],
                capture_output=True,
                text=True,
                timeout=_GIT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return None if done.returncode else done.stdout.strip()
