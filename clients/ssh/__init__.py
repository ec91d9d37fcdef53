"""Commands and tunnels over SSH: OpenSSH's own program, with the host key pinned beforehand."""

from clients.ssh.client import Result, SshClient, tunnel
from clients.ssh.errors import (
    CommandFailedError,
    CommandTimeoutError,
    HostKeyMismatchError,
    SshBusyError,
    SshClientMissingError,
    SshConnectionLostError,
    SshError,
    SshPermissionDeniedError,
    SshRefusedError,
    SshTimeoutError,
    SshUnreachableError,
    TunnelError,
)

__all__ = [
    "CommandFailedError",
    "CommandTimeoutError",
    "HostKeyMismatchError",
    "Result",
    "SshBusyError",
    "SshClient",
    "SshClientMissingError",
    "SshConnectionLostError",
    "SshError",
    "SshPermissionDeniedError",
    "SshRefusedError",
    "SshTimeoutError",
    "SshUnreachableError",
    "TunnelError",
    "tunnel",
]
