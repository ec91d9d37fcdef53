"""M3, Q1: which database migrations the running image knows that the database has not had."""

from __future__ import annotations

import enum
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from clients.ssh import SshClient

_TIMEOUT = 120.0
_NO_NPX = 127
# npx must not fetch a Prisma of its own: that would be another version than the app's.
_NPX = "command -v npx >/dev/null || exit 127; exec npx --no-install prisma migrate"
STATUS = f"{_NPX} status"
_OTHER_WAYS = (
    "Ask an image that has it: `pulumi config set migrateImage IMAGE`; or a checkout of the app: "
    "`runbook migrations ... --from ../nutri/server`"
)

_PENDING = re.compile(r"^Following migrations?(?:\(s\))? have not yet been applied:$")
_FAILED = re.compile(r"^Following migrations?(?:\(s\))? have failed:$")
_NAME = re.compile(r"\b\d{4,}\w*")
_KNOWN = re.compile(r"^(\d+) migrations? found", re.MULTILINE)
_UP_TO_DATE = "Database schema is up to date"
_NO_PRISMA = ("npx canceled due to missing packages", "could not determine executable to run")
_DIVERGED = ("not found locally", "from local migrations directory are different")


class MigrationsUnknownError(OperatorError):
    """The status could not be had."""


class State(enum.StrEnum):
    """What `prisma migrate status` says, in one word."""

    UP_TO_DATE = "up to date"
    PENDING = "pending"
    FAILED = "failed"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Migrations:
    """The state, and the migrations that it is about."""

    state: State
    names: tuple[str, ...]
    known: int = field(default=0, compare=False)
    """How many the image, or the checkout, has."""

    @property
    def applied(self) -> int | None:
        """How many of those the database has had; None where that is not told."""
        if self.state is State.UP_TO_DATE:
            return self.known
        return self.known - len(self.names) if self.state is State.PENDING else None

    def __str__(self) -> str:
        """One line, with what to do."""
        listed = ", ".join(self.names)
        return {
            State.UP_TO_DATE: f"the database has had every migration ({self.known})",
            State.PENDING: f"{len(self.names)} migrations are pending: {listed} "
            f"({self.applied} applied)",
            State.FAILED: f"migrations have failed (P3009): {listed}; none is applied before that "
            "is resolved: `runbook migrations resolve`",
            State.DIVERGED: "the database has had migrations that the image does not know; "
            "is an older tag running than the one that migrated?",
        }[self.state]


def ask(client: SshClient, container: str, image: str) -> Migrations:
    """Run `prisma migrate status` in a running container.

    Raises:
        MigrationsUnknownError: when the image has no Prisma, or the database does not answer.
    """
    words = ["docker", "exec", container, "sh", "-c", STATUS]
    done = client.run(words, timeout=_TIMEOUT, check=False)
    return parse(done.stdout + "\n" + done.stderr, image, done.code)


def parse(output: str, image: str, code: int = 0) -> Migrations:
    """What `prisma migrate status` printed, in an image or a checkout.

    Raises:
        MigrationsUnknownError: when it tells no status.
    """
    if code == _NO_NPX:
        raise MigrationsUnknownError(
            f"{image} has no `npx`, so migrations cannot be asked for there. {_OTHER_WAYS}"
        )
    if any(text in output for text in _NO_PRISMA):
        raise MigrationsUnknownError(
            f"{image} has `npx`, but no Prisma CLI in it: a production install left out the "
            f"package `prisma`. {_OTHER_WAYS}"
        )
    counted = _KNOWN.search(output)
    known = int(counted[1]) if counted else 0
    for pattern, state in ((_FAILED, State.FAILED), (_PENDING, State.PENDING)):
        names = _names_below(pattern, output)
        if names:
            return Migrations(state, names, known)
    if any(text in output for text in _DIVERGED):
        return Migrations(State.DIVERGED, (), known)
    if _UP_TO_DATE in output:
        return Migrations(State.UP_TO_DATE, (), known)
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "nothing")
    raise MigrationsUnknownError(f"Prisma in {image} tells no status: {last.strip()}")


def resolved(name: str) -> str:
    """The command that takes a failed migration for rolled back."""
    return f"{_NPX} resolve --rolled-back {shlex.quote(name)}"


def _names_below(heading: re.Pattern[str], output: str) -> tuple[str, ...]:
    lines = iter(output.splitlines())
    names: list[str] = []
    if not any(heading.match(line.strip()) for line in lines):  # reads up to the heading
        return ()
    for line in lines:
        found = _NAME.search(line)
        if found:
            names.append(found.group())
        elif names:
            break
    return tuple(names)
