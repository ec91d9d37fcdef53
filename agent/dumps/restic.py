"""restic, as this program uses it: one repository, two kinds of snapshots.

A dump is two snapshots with the tag `run-<id>`: `data` holds the archive as it came out of
pg_dump, `manifest` what it has to hold, and the roles. It counts once the second is there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.dumps.errors import DamagedError, DumpError, LockedError
from agent.dumps.running import Stream, run, tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.dumps.config import Config

ARCHIVE = "database.dump"
HOST = "nutri"
MANIFEST, DATA = "manifest", "data"
_RUN = "run-"
_LONG, _ANSWER = 7200.0, 30.0
_NO_SESSION = "unable to start the sftp session"
LAST = 3  # of several on one day, so that the one before the newest is always there
# restic asks again for a quarter of an hour, but what is cut off stays so.
_FULL = re.compile(
    rb"SSH_FX_FAILURE|SSH_FX_PERMISSION_DENIED|permission denied"
    rb"|client\.PutObject: .*(no space left|quota|access denied)",
    re.IGNORECASE,
)
_LOCKED = re.compile(
    r"locked (?:exclusively )?by PID \d+ on (?P<host>\S+) by .*?created at (?P<at>[^(]+?) \(",
    re.DOTALL,
)
_DAMAGE = re.compile(r"contains errors|invalid data returned|ciphertext verification|hash mismatch")
LOCK_SECONDS = 35 * 60.0
"""Longer than restic takes a silent lock for one of somebody at work."""
LOCK_INTERVAL = 20.0
CACHE_FREE = 64 * 2**20
"""Free at least, for restic to keep a cache."""
_DAMAGED = re.compile(
    rb"returned error, retrying after [^:]+: (unexpected )?EOF"
    rb"|invalid data returned|hash does not match"
)


@dataclass(frozen=True)
class Snapshot:
    """One snapshot."""

    id: str
    time: str
    tags: tuple[str, ...]

    @property
    def run(self) -> str:
        """The dump it belongs to."""
        return next((t.removeprefix(_RUN) for t in self.tags if t.startswith(_RUN)), "")


@dataclass(frozen=True)
class Held:
    """The snapshots of both kinds, each oldest first."""

    data: list[Snapshot]
    manifests: list[Snapshot]


def tag_of(run_id: str) -> str:
    """The tag that holds a dump together."""
    return f"{_RUN}{run_id}"


class Restic:
    """The repository."""

    def __init__(self, config: Config, password: str | None = None) -> None:
        """`password` is another than the one in its file."""
        self._config = config
        self.repository = config.repository
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("RESTIC_", "AWS_"))}
        self.environment = kept | {
            "RESTIC_REPOSITORY": config.repository,
            "RESTIC_PASSWORD_FILE": str(config.password_file),
            "RESTIC_CACHE_DIR": os.environ.get("NUTRI_DUMPS_CACHE", "/var/cache/nutri-dumps"),
            "HOME": os.environ.get("HOME", "/root"),
            **config.environment,
        }
        if password is not None:
            del self.environment["RESTIC_PASSWORD_FILE"]
            self.environment["RESTIC_PASSWORD"] = password

    def command(self, *words: str) -> list[str]:
        """A command line of restic; without its cache where that could not be written."""
        sftp = self._config.sftp_command
        options = ["-o", f"sftp.command={sftp}"] if sftp else []
        if not self._has_room():
            options.append("--no-cache")
        return ["restic", *options, *words]

    def _has_room(self) -> bool:
        """Whether a cache has room: on a full disk restic tries for a quarter of an hour."""
        folder = Path(self.environment["RESTIC_CACHE_DIR"])
        there = next(one for one in (folder, *folder.parents) if one.is_dir())
        return shutil.disk_usage(there).free > CACHE_FREE

    def run(self, *words: str, timeout: float = _LONG) -> str:
        """What a command prints; waits for who holds the repository.

        Raises:
            LockedError: somebody held it all the time.
            DumpError: it failed, in the repository's own terms.
        """
        command, deadline = self.command(*words), time.monotonic() + LOCK_SECONDS
        while True:
            try:
                return self.explained(
                    lambda bound: run(command, self.environment, timeout=bound), timeout
                )
            except LockedError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(LOCK_INTERVAL)
            self._unlock()

    def explained(self, work: Callable[[float], str], bound: float) -> str:
        """What restic's work yields within a bound; raises DumpError in its own terms."""
        try:
            return work(bound)
        except DumpError as error:
            said = f"{error}{self._why_no_session(str(error))}"
            if "no space left" in said.lower() and not self._has_room():
                raise DumpError(
                    f"this server's own disk is full (`runbook check disk`): {said}"
                ) from None
            raise _kind_of(said)(explain(said, self._config.repository)) from None

    def _why_no_session(self, said: str) -> str:
        """What SSH says, where restic gave up before it heard that."""
        sftp = self._config.sftp_command
        if not sftp or _NO_SESSION not in said:
            return ""
        try:
            run(shlex.split(sftp), self.environment, timeout=_ANSWER)
        except DumpError as error:
            return f" / {error}"
        return ""

    def init(self) -> bool:
        """Make the repository where there is none; returns whether it was made."""
        try:
            self.run("init", timeout=120)
        except DumpError as error:
            if "already" not in str(error):
                raise
            self.run("cat", "config", timeout=120)  # the password has to fit
            return False
        return True

    def free(self) -> None:
        """Remove locks of runs that were cut off, and wait for who holds it alone.

        Raises:
            LockedError: somebody held it all the time.
        """
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            self._unlock()
            held = self._held_alone()
            if held is None:
                return
            if time.monotonic() > deadline:
                raise LockedError(f"the repository {place(self.repository)} is {held}")
            time.sleep(LOCK_INTERVAL)

    def _unlock(self) -> None:
        """By restic's own rule: a lock goes when its process has gone, or said nothing for long."""
        self.explained(
            lambda bound: run(self.command("unlock"), self.environment, timeout=bound), 120
        )

    def _held_alone(self) -> str | None:
        """Who lets nobody in, and since when."""
        for name in self.run("list", "locks", "--no-lock", "--quiet", timeout=120).split():
            with suppress(DumpError, ValueError):
                lock = json.loads(self.run("cat", "lock", name, "--no-lock", timeout=120))
                if lock.get("exclusive"):
                    return f"locked by {lock['hostname']} since {lock['time'][:19]}"
        return None

    def held(self, timeout: float = 300) -> Held:
        """What is in the repository.

        Asked once for both kinds: half of restic's work is to derive its key from the password.
        """
        words = ["--tag", DATA, "--tag", MANIFEST]
        listed = self.run("snapshots", "--json", "--no-lock", *words, timeout=timeout)
        found = [
            Snapshot(one["id"], one["time"], tuple(one.get("tags") or ()))
            for one in json.loads(listed or "null") or []
        ]
        found.sort(key=lambda one: one.time)
        return Held(
            data=[one for one in found if DATA in one.tags],
            manifests=[one for one in found if MANIFEST in one.tags],
        )

    def backup_folder(self, folder: str, run_id: str) -> str:
        """Back up a folder's files as a manifest; returns the snapshot's id."""
        words = ["--tag", MANIFEST, "--tag", tag_of(run_id), "--host", HOST, "--json"]
        return snapshot_id(self.run("backup", *words, folder))

    def backup_stream(self, run_id: str) -> Stream:
        """Start a backup that reads the archive from its standard input."""
        words = ["--stdin", "--stdin-filename", ARCHIVE, "--host", HOST, "--json"]
        command = self.command("backup", *words, "--tag", DATA, "--tag", tag_of(run_id))
        return Stream(command, self.environment, writes=True, hopeless=_FULL)

    def dump_stream(self, snapshot: str, path: str) -> Stream:
        """Start reading a file out of a snapshot, to its standard output."""
        command = self.command("dump", "--no-lock", snapshot, path)
        return Stream(command, self.environment, hopeless=_DAMAGED)

    def read(self, snapshot: str, path: str) -> str:
        """A small file out of a snapshot."""
        stream = self.dump_stream(snapshot, path)
        content = stream.pipe.read()
        self.explained(stream.end, 300)
        return content.decode(errors="replace")

    def check(self) -> None:
        """Look at the whole repository's structure: every pack is there, in its size."""
        self.run("check")

    def keep(self, daily: int, weekly: int, monthly: int) -> set[str]:
        """Ids of the manifests that stay."""
        wanted = {"last": LAST, "daily": daily, "weekly": weekly, "monthly": monthly}
        words = [word for name, n in wanted.items() for word in (f"--keep-{name}", str(n))]
        said = self.run(
            "forget", "--dry-run", "--json", "--group-by", "host", "--tag", MANIFEST, *words
        )
        return {one["id"] for group in json.loads(said or "[]") for one in group["keep"] or []}

    def forget(self, ids: list[str]) -> None:
        """Remove snapshots and what only they need."""
        self.run("forget", "--prune", *ids)


def snapshot_id(said: str) -> str:
    """The id in what `restic backup --json` prints.

    Raises:
        DumpError: it saved nothing.
    """
    for line in reversed(said.splitlines()):
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        if message.get("message_type") == "summary" and message.get("snapshot_id"):
            return str(message["snapshot_id"])
    raise DumpError(f"restic saved nothing: {tail(said)}")


_COMMON = (
    ("wrong password", "refuses the password (setting nutri:resticPassword)"),
    ("no space left", "is full"),
    ("quota", "is full"),
)
_SFTP_MEANINGS = (
    ("permission denied (", "refuses the login: its key or password was changed"),
    ("connection refused", "refuses connections: is SSH on for the Storage Box?"),
    ("host key verification failed", "has another host key than the pinned one"),
    ("could not resolve", "is not found by its name"),
    ("file does not exist", "holds no restic repository, or not all of one"),
    ("ssh_fx_failure", "takes no more data: is it full?"),
    ("unable to create lock", "lets nothing be written: is it full, or read-only?"),
    ("write failed", "takes no more data: is it full?"),
    ("permission denied", "lets nothing be written: is it full, or read-only?"),
    ("connection lost", "broke the connection off"),
    ("broken pipe", "broke the connection off"),
    ("unexpected eof", "broke the connection off"),
)
_S3_MEANINGS = (
    # The error codes of S3's API, and the sentences that servers send with or instead of them.
    ("signaturedoesnotmatch", "refuses the key's secret (setting nutri:dumpKeySecret)"),
    ("signature we calculated", "refuses the key's secret (setting nutri:dumpKeySecret)"),
    ("access key id", "does not know the key (setting nutri:dumpKeyId)"),
    ("invalidaccesskeyid", "does not know the key (setting nutri:dumpKeyId)"),
    ("bucket does not exist", "names a bucket that is not there (setting nutri:dumpRepository)"),
    ("nosuchbucket", "names a bucket that is not there (setting nutri:dumpRepository)"),
    ("access denied", "lets this key do nothing here: it needs to read, write and delete"),
    ("accessdenied", "lets this key do nothing here: it needs to read, write and delete"),
    ("key does not exist", "holds no restic repository, or not all of one"),
    ("nosuchkey", "holds no restic repository, or not all of one"),
    ("connection refused", "refuses connections: is the address right, and the service up?"),
    ("no such host", "is not found by its name"),
    ("x509", "shows a certificate that this server does not trust"),
    ("timeout", "does not answer"),
    ("connection reset", "broke the connection off"),
    ("broken pipe", "broke the connection off"),
    ("eof", "broke the connection off"),
)


def _kind_of(said: str) -> type[DumpError]:
    if _LOCKED.search(said):
        return LockedError
    return DamagedError if _DAMAGE.search(said) else DumpError


def explain(said: str, repository: str) -> str:
    """What restic said, and what it means."""
    low, locked = said.lower(), _LOCKED.search(said)
    if locked:
        since = f"locked by {locked['host']} since {locked['at'].strip()}"
        return (
            f"the repository {place(repository)} is {since}; a lock whose run is gone goes by"
            " itself within 30 minutes"
        )
    own = _S3_MEANINGS if repository.startswith("s3:") else _SFTP_MEANINGS
    for words, meaning in (*_COMMON, *own):
        if words in low:
            return f"the repository {place(repository)} {meaning} ({said})"
    return f"the repository {place(repository)}: {said}"


def place(repository: str) -> str:
    """A repository without what may be a secret."""
    return repository.split("?", 1)[0]
