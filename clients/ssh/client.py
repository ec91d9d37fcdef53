"""Commands and tunnels over SSH by the `ssh` program, with the host key pinned beforehand.

Nothing of the user's own SSH set-up takes part: no config, no agent, no known hosts. Secrets go
to a remote command by its standard input, never in its text.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from clients.ssh.again import again, tries
from clients.ssh.errors import (
    CommandFailedError,
    CommandTimeoutError,
    SshBusyError,
    SshError,
    SshTimeoutError,
    TunnelError,
    connection_lost,
    error_from_log,
)
from clients.ssh.options import client_options, known_hosts_line
from clients.ssh.process import (
    blotted,
    environment,
    killed_at_exit,
    shell_text,
    shortened,
    ssh_program,
)
from common import private_files
from common.private_files import PrivateKey
from common.waiting import NotYetError, WaitTimeoutError, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from common.target import SshTarget


_SSH_FAILED = 255
# OpenSSH drops some of more than ten connections that have not logged in yet.
_AT_ONCE = 5
_GOING_SECONDS = 0.5  # what the end of a connection takes from its commands' end to its own


@dataclass(frozen=True)
class Result:
    """What a remote command left behind."""

    stdout: str
    stderr: str
    code: int


class SshClient:
    """Runs commands on one server; a context manager that owns its key.

    Safe to use from several threads: each command has its own `ssh` process, five run at once.
    """

    def __init__(
        self, target: SshTarget, *, connect_timeout: int = 10, shared: bool = False
    ) -> None:
        """`shared`: commands go through one connection, for a log-in costs more than most of them.

        Where that one cannot be made, or is lost, each makes its own, and tells what is wrong.
        """
        self.target = target
        self._connect_timeout = connect_timeout
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._sharing = threading.Lock() if shared else None
        self._was_opened = False
        self._connection: subprocess.Popen[bytes] | None = None
        self._background = contextlib.ExitStack()
        self._folder = private_files.folder("ssh")
        key = target.private_key.get_secret_value().strip() + "\n"
        self._identity = PrivateKey(key, Path(self._folder.name))
        try:
            self._write("known_hosts", known_hosts_line(target))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the key; the client is of no use afterwards."""
        self._background.close()
        self._identity.close()
        self._folder.cleanup()

    def run(
        self,
        command: str | Sequence[str],
        *,
        stdin: str | None = None,
        timeout: float = 60.0,
        check: bool = True,
        secrets: Sequence[str] = (),
    ) -> Result:
        """Run a command (shell text, or a list that gets quoted) and return what it left.

        Args:
            command: carries no secret; the remote process list shows it.
            stdin: text for its standard input; None means none.
            timeout: bound for the whole call in seconds.
            check: raise CommandFailedError on a code other than 0.
            secrets: texts to blot out of what an error says.

        Raises:
            SshError: one of its subclasses when SSH itself failed.
            CommandTimeoutError: when the bound has passed.
            CommandFailedError: when `check` is set and the command failed.
        """
        text = shell_text(command)
        done = again(lambda: self._once(text, stdin, timeout))
        if check and done.returncode:
            raise self._command_failed(text, done, secrets)
        return Result(done.stdout, done.stderr, done.returncode)

    def _once(
        self, text: str, stdin: str | None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        with self._turns, self._log() as log:
            done = self._spawn(text, log, stdin, timeout)
            failure = self._failure(done.returncode, log)
        if failure:
            raise failure
        return done

    def stream(self, command: str | Sequence[str]) -> Iterator[str]:
        """Yield a command's output line by line (both its outputs), without a bound in time.

        A line ends at a newline alone. What is no UTF-8 is kept as surrogates, see PEP 383.

        Raises:
            SshError: when SSH itself failed.
        """
        for is_last in tries():
            try:
                yield from self._streamed(command)
            except SshBusyError:  # before the first line
                if is_last:
                    raise
            else:
                return

    def _streamed(self, command: str | Sequence[str]) -> Iterator[str]:
        with self._log() as log:
            words = [*self._argv(log, "-T", *self._shared()), "exec 2>&1; " + shell_text(command)]
            with killed_at_exit(
                subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment(),
                )
            ) as process:
                for line in process.stdout or ():
                    yield line.removesuffix(b"\n").decode(errors="surrogateescape")
                failure = self._failure(process.wait(), log)
        if failure:
            raise failure

    def interactive(self, command: str | None = None, *, terminal: bool = False) -> int:
        """Give this terminal to a command, or to a login shell; returns its exit code.

        Args:
            command: shell text; None means a login shell.
            terminal: whether the command gets a terminal there, as a shell wants one.
        """
        with self._log() as log:
            words = ["-t"] if command is None or terminal else ["-T"]
            code = subprocess.run(
                [*self._argv(log, *words), *([command] if command else [])],
                check=False,
                env=environment(),
            ).returncode
            failure = self._failure(code, log)
        if failure:
            raise failure
        return code

    @contextlib.contextmanager
    def tunnel(self, remote_port: int, *, remote_host: str = "127.0.0.1") -> Iterator[Path]:
        """A Unix socket on this machine that leads to a port the server itself can reach.

        Use it as `httpx.Client(transport=httpx.HTTPTransport(uds=str(path)))`. When nothing
        listens at the far end, the tunnel opens all the same and each request fails.

        Raises:
            SshError: when the connection or the tunnel could not be made.
        """
        socket = Path(self._folder.name) / f"{uuid.uuid4().hex[:8]}.sock"
        forward = f"{socket}:{remote_host}:{remote_port}"
        with self._listening(socket, "-L", forward):
            yield socket

    @contextlib.contextmanager
    def forward(self, local_port: int, remote_port: int) -> Iterator[None]:
        """Lead a port of this machine's loopback address to one of the server's, for a browser.

        Raises:
            SshError: when the connection could not be made, or the local port is taken.
        """
        socket = Path(self._folder.name) / f"{uuid.uuid4().hex[:8]}.sock"
        ways = (
            f"127.0.0.1:{local_port}:127.0.0.1:{remote_port}",
            f"{socket}:127.0.0.1:{remote_port}",
        )
        with self._listening(socket, *(word for way in ways for word in ("-L", way))):
            yield

    def _shared(self) -> list[str]:
        """Options that lead through the shared connection, which the first command makes."""
        if self._sharing is None:
            return []
        socket = Path(self._folder.name) / "shared"
        through = ["-o", f"ControlPath={socket}"]
        with self._sharing:
            if not self._was_opened:
                self._was_opened = True
                with contextlib.suppress(SshError):
                    way = self._listening(socket, "-M", *through)
                    self._connection = self._background.enter_context(way)
        return through

    @contextlib.contextmanager
    def _listening(self, socket: Path, *mode: str) -> Iterator[subprocess.Popen[bytes]]:
        """An `ssh` without a command, once its socket is there; ends with the context."""
        with contextlib.ExitStack() as stack:
            yield again(lambda: stack.enter_context(self._opened(socket, *mode)))

    @contextlib.contextmanager
    def _opened(self, socket: Path, *mode: str) -> Iterator[subprocess.Popen[bytes]]:
        with (
            self._log() as log,
            killed_at_exit(
                subprocess.Popen(
                    self._argv(log, "-N", "-T", *mode),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment(),
                )
            ) as process,
        ):
            try:
                self._wait_for_socket(process, socket, log)
                yield process
            finally:
                process.kill()
                process.wait()
                socket.unlink(missing_ok=True)

    def _wait_for_socket(self, process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
        def is_open() -> bool:
            if process.poll() is not None:
                failure = error_from_log(self.target, log.read_text(errors="replace"))
                raise failure or TunnelError(f"the tunnel to {self.target.host} ended at once")
            if not socket.exists():
                raise NotYetError("ssh has not opened it yet")
            return True

        try:
            wait_until(
                f"the tunnel to {self.target.host}",
                is_open,
                bound=self._connect_timeout * 2,
                interval=0.02,
                max_interval=0.2,
                retry_on=NotYetError,
                always_wait=True,
            )
        except WaitTimeoutError as error:
            raise SshTimeoutError(str(error)) from error

    def _spawn(
        self, text: str, log: Path, stdin: str | None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [*self._argv(log, "-T", *self._shared()), text],
                input=stdin if stdin is not None else "",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
                env=environment(),
            )
        except subprocess.TimeoutExpired:
            raise CommandTimeoutError(
                f"on {self.target.host}: {shortened(text)!r} did not end within {timeout:g} s"
            ) from None

    def _argv(self, log: Path, *mode: str) -> list[str]:
        folder = Path(self._folder.name)
        return [
            ssh_program(),
            *mode,  # ahead of what is always set: of an option given twice, ssh takes the first
            *client_options(
                self.target,
                identity=self._identity.path,
                known_hosts=folder / "known_hosts",
                connect_timeout=self._connect_timeout,
            ),
            *("-E", str(log)),
            *("-p", str(self.target.port)),
            *("-l", self.target.user),
            *("--", self.target.host),
        ]

    def _failure(self, code: int, log: Path) -> SshError | None:
        # 255 is ssh's own failure or the command's; only ssh writes to this log.
        if code != _SSH_FAILED:
            return None
        return error_from_log(self.target, log.read_text(errors="replace")) or self._lost()

    def _lost(self) -> SshError | None:
        """What becomes of a command whose shared connection ended; the log says nothing of it."""
        if self._connection is None:
            return None
        try:
            self._connection.wait(_GOING_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        return connection_lost(self.target)

    def _command_failed(
        self, text: str, done: subprocess.CompletedProcess[str], secrets: Sequence[str]
    ) -> CommandFailedError:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        message = f"on {self.target.host}: {shortened(text)!r} failed with code {done.returncode}"
        return CommandFailedError(
            blotted(f"{message}: {said}" if said else message, secrets),
            code=done.returncode,
            stdout=blotted(done.stdout, secrets),
            stderr=blotted(done.stderr, secrets),
        )

    @contextlib.contextmanager
    def _log(self) -> Iterator[Path]:
        path = self._write(f"{uuid.uuid4().hex[:8]}.log", "")
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _write(self, name: str, content: str) -> Path:
        path = Path(self._folder.name) / name
        path.touch(mode=0o600)
        path.write_text(content)
        return path


@contextlib.contextmanager
def tunnel(target: SshTarget, remote_port: int, *, connect_timeout: int = 10) -> Iterator[Path]:
    """A tunnel with a client of its own; see SshClient.tunnel."""
    with (
        SshClient(target, connect_timeout=connect_timeout) as client,
        client.tunnel(remote_port) as socket,
    ):
        yield socket
