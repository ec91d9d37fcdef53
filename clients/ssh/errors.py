"""What can go wrong over SSH, one class a cause, each with what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from common.target import SshTarget


class SshError(OperatorError):
    """SSH itself failed: no command ran, or the connection was lost under it."""


class SshClientMissingError(SshError):
    """There is no `ssh` program on this machine."""


class SshRefusedError(SshError):
    """Nothing listens on the port, or a firewall rejects us: a booting server, or sshd is down."""


class SshTimeoutError(SshError):
    """No answer: a firewall that drops us, a server that is off or hangs."""


class SshUnreachableError(SshError):
    """The name does not resolve, or there is no route to the address."""


class HostKeyMismatchError(SshError):
    """The server shows another host key than the pinned one: it may not be our server."""


class SshPermissionDeniedError(SshError):
    """The server does not accept our key for this user."""


class SshConnectionLostError(SshError):
    """The connection was made and then lost."""


class SshBusyError(SshConnectionLostError):
    """The server drops connections before a log-in: too many are open that have not logged in."""


class TunnelError(SshError):
    """The tunnel could not be opened."""


class CommandFailedError(OperatorError):
    """The command ran on the server and ended with a code other than 0."""

    def __init__(self, message: str, *, code: int, stdout: str, stderr: str) -> None:
        super().__init__(message)
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


class CommandTimeoutError(OperatorError):
    """The command did not end within its bound and was given up."""


_NOT_PINNED = (
    "the server does not show the pinned host key. Do not connect by other means before you know "
    "why: either it was rebuilt outside Pulumi, or something sits in between"
)
_DENIED = "the server does not accept the stack's SSH key; is it still in authorized_keys?"
_WAY_IN = "(SSH is open to nutri:sshNetworks alone; an address that changed: docs/secrets.md)"
_REFUSED = (
    f"connection refused: sshd is not up yet, or the firewall keeps this address out {_WAY_IN}"
)
_SILENT = f"no answer: the server is off or hangs, or the firewall drops this address {_WAY_IN}"
_UNREACHABLE = "the address cannot be reached from here; check the name and the network"
_BUSY = (
    "the server drops new connections, or is not up yet: sshd takes only so many at once that have "
    "not logged in (MaxStartups). Who holds them: `ss -tn sport = :22` at the server's console"
)
_LOST = "the connection was lost; the server may be booting or going down"

_CAUSES: tuple[tuple[type[SshError], str, tuple[str, ...]], ...] = (
    (
        HostKeyMismatchError,
        _NOT_PINNED,
        (
            "host key verification failed",
            "identification has changed",
            "no matching host key type",
            "host key is known for",
        ),
    ),
    (SshPermissionDeniedError, _DENIED, ("permission denied", "too many authentication failures")),
    (SshRefusedError, _REFUSED, ("connection refused",)),
    (SshTimeoutError, _SILENT, ("timed out", "timeout, server", "not responding")),
    (
        SshUnreachableError,
        _UNREACHABLE,
        ("could not resolve", "no route to host", "network is unreachable"),
    ),
    (
        SshBusyError,
        _BUSY,
        (
            "kex_exchange_identification",
            "ssh_exchange_identification",
            "exceeded maxstartups",
            "not allowed at this time",
        ),
    ),
    (
        SshConnectionLostError,
        _LOST,
        ("closed by", "connection reset", "broken pipe", "connection closed", "disconnect"),
    ),
)


_GOODBYE = re.compile(r"^Connection to \S+ closed\.\s*$", re.MULTILINE)  # a terminal's normal end


def error_from_log(target: SshTarget, log: str) -> SshError | None:
    """The typed error that OpenSSH's own messages stand for; None when it said nothing."""
    text = _GOODBYE.sub("", log).strip()
    if not text:
        return None
    place = _place(target)
    for kind, advice, needles in _CAUSES:
        if any(needle in text.lower() for needle in needles):
            return kind(f"{place}: {advice}")
    return SshError(f"{place} failed: {text.splitlines()[-1]}")


def connection_lost(target: SshTarget) -> SshConnectionLostError:
    """The error of a connection that ended in the middle."""
    return SshConnectionLostError(f"{_place(target)}: {_LOST}")


def _place(target: SshTarget) -> str:
    return f"SSH to {target.user}@{target.host}:{target.port}"
