"""Running other programs: with a bound, their words kept for the error."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Self

from agent.dumps.errors import DumpError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_KEPT = 600
_TRACE = re.compile(r"\.go:\d+$|^(main|runtime|github\.com)[./]")  # of a Go program
_LOOKED_AT = 1 << 20
_ENOUGH = 3
_POLL_SECONDS = 0.5


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: str | None = None,
    timeout: float = 300,
) -> str:
    """What a command prints.

    Raises:
        DumpError: it failed, or did not end in time.
    """
    try:
        done = subprocess.run(
            list(command),
            env=dict(env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as late:
        said = bytes(late.stderr or b"").decode(errors="replace")  # bytes, also in text mode
        raise DumpError(f"{command[0]} did not end within {timeout:g} s{_last(said)}") from None
    except OSError as error:
        raise DumpError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        raise DumpError(f"{command[0]}: {tail(done.stderr or done.stdout)}")
    return done.stdout


class Stream:
    """A program at work on a stream: it reads what we write, or writes what we read.

    What it says besides goes to files, so that it never waits for us to listen.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        writes: bool = False,
        hopeless: re.Pattern[bytes] | None = None,
    ) -> None:
        """`writes`: we write to it; else we read from it.

        `hopeless` is what it says, again and again, when there is no use in waiting for it.
        """
        self._name = command[0].rsplit("/", 1)[-1]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._output = tempfile.TemporaryFile() if writes else None  # noqa: SIM115
        self.process = subprocess.Popen(
            list(command),
            env=dict(env),
            stdin=subprocess.PIPE if writes else subprocess.DEVNULL,
            stdout=self._output or subprocess.PIPE,
            stderr=self._errors,
        )
        if hopeless is not None:
            threading.Thread(target=self._watch, args=(hopeless,), daemon=True).start()

    def _watch(self, hopeless: re.Pattern[bytes]) -> None:
        with suppress(ValueError):  # `end` closed the file meanwhile
            while self.process.poll() is None:
                said = os.pread(self._errors.fileno(), _LOOKED_AT, 0)
                if len(hopeless.findall(said)) >= _ENOUGH:
                    self.process.kill()
                    return
                time.sleep(_POLL_SECONDS)

    @property
    def pipe(self) -> IO[bytes]:
        """The end that is ours."""
        ours = self.process.stdin or self.process.stdout
        assert ours is not None  # noqa: S101 - one of them is a pipe
        return ours

    def end(self, timeout: float = 600) -> str:
        """Let it end; what it printed, where that was not the stream.

        Raises:
            DumpError: it failed.
        """
        with suppress(OSError):  # it is gone, and says why
            self.pipe.close()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise DumpError(f"{self._name} did not end within {timeout:g} s") from None
        said, printed = _read(self._errors), _read(self._output)
        if code:
            raise DumpError(f"{self._name}: {tail(said or printed)}")
        return printed

    def kill(self) -> None:
        """End it at once, so that it finishes nothing."""
        self.process.kill()
        self.process.wait()
        with suppress(OSError):
            self.pipe.close()


class Filter:
    """A program between two streams: it is fed by a thread, and read by us."""

    def __init__(self, command: Sequence[str], pieces: Iterator[bytes]) -> None:
        self._name = command[0].rsplit("/", 1)[-1]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._pieces = pieces
        self._problem: DumpError | None = None
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._feeder.join()
        self._process.wait()

    def read(self, size: int) -> bytes:
        """The next piece of what it writes; none at the end."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        return self._process.stdout.read(size)

    def end(self) -> None:
        """Raise DumpError unless what fed it, and it itself, ended well."""
        self._feeder.join()
        code = self._process.wait()
        said = _read(self._errors)
        if self._problem is not None:
            raise self._problem
        if code:
            raise DumpError(f"{self._name}: {tail(said)}")

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - it is a pipe
        try:
            for piece in self._pieces:  # all of it, also what the program does not want any more
                with suppress(OSError):
                    pipe.write(piece)
        except DumpError as error:
            self._problem = error
        finally:
            with suppress(OSError):
                pipe.close()


def _read(file: IO[bytes] | None) -> str:
    if file is None:
        return ""
    file.seek(0)
    text = file.read().decode(errors="replace")
    file.close()
    return text


def _last(said: str) -> str:
    return f"; its last words: {tail(said)}" if said.strip() else ""


def tail(text: str) -> str:
    """The end of what a program said, on one line."""
    lines = (line.strip() for line in text.splitlines())
    said = " / ".join(line for line in lines if line and not _TRACE.search(line))
    return said[-_KEPT:] or "it failed and said nothing"
