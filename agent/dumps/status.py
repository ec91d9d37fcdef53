"""What happened last: one JSON file that the checks read."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.dumps.config import STATE
from agent.dumps.errors import BusyError, DumpError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = "status.json"
_folder = [STATE]


def now() -> str:
    """This moment, in UTC."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def read() -> dict[str, Any]:
    """What is known; nothing before the first run."""
    try:
        known: dict[str, Any] = json.loads((_folder[-1] / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def keep(**facts: object) -> None:
    """Replace some of the facts, whole or not at all."""
    folder = _folder[-1]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = folder / f".{_FILE}.new"
    half.write_text(json.dumps(read() | facts, indent=2) + "\n", encoding="utf-8")
    half.replace(folder / _FILE)


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Keep the facts of a drill apart from the real ones."""
    _folder.append(folder)
    try:
        yield
    finally:
        _folder.pop()


def at_work() -> bool:
    """Whether a run holds the lock this very moment."""
    try:
        with (_folder[-1] / "lock").open("a+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def boot() -> str:
    """Which start of this machine it is."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    return ""


@contextmanager
def _marked(what: str, fact: str | None) -> Iterator[None]:
    """A mark from the beginning on: a run that is killed leaves it, and so is seen."""
    if fact is None:
        yield
        return
    keep(running={"what": what, "fact": fact, "at": now(), "boot": boot()})
    try:
        yield
    except DumpError:
        raise  # told by who knows more
    except BaseException as error:
        said = f"{what} ended with {type(error).__name__}: {error}"
        keep(**{fact: {"at": now(), "ok": False, "message": said}})
        raise
    finally:
        keep(running=None)


@contextmanager
def alone(what: str, fact: str | None = None) -> Iterator[None]:
    """Keep every other run out; `fact` is what the run is to yield, which its mark is for.

    Raises:
        BusyError: one is at work.
    """
    folder = _folder[-1]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise BusyError(f"another run is at work: {lock.read().strip()}; wait for it") from None
        lock.truncate(0)
        lock.write(f"{what} since {now()}, process {os.getpid()}")
        lock.flush()
        with _marked(what, fact):
            yield
        lock.truncate(0)
