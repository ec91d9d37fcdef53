"""OpenSSH's client options for a pinned, non-interactive connection; pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from pathlib import Path

    from common.target import SshTarget

_SIGNATURES_OF_RSA = "rsa-sha2-512,rsa-sha2-256"
_DEFAULT_PORT = 22


def pinned_key(target: SshTarget) -> tuple[str, str]:
    """The pinned host key as (type, base64).

    Raises:
        OperatorError: when `host_key` is not '<type> <base64>'.
    """
    words = target.host_key.split()
    if len(words) < 2:  # noqa: PLR2004
        raise OperatorError(
            f"the host key of {target.host} is not '<type> <base64>' as in "
            "'ssh-ed25519 AAAA...': the stack's output `target` is damaged; run `pulumi up`"
        )
    return words[0], words[1]


def known_hosts_line(target: SshTarget) -> str:
    """The one line of the known_hosts file."""
    kind, key = pinned_key(target)
    place = target.host if target.port == _DEFAULT_PORT else f"[{target.host}]:{target.port}"
    return f"{place} {kind} {key}\n"


def host_key_algorithms(kind: str) -> str:
    """The signature algorithms that prove a key of this type."""
    return _SIGNATURES_OF_RSA if kind == "ssh-rsa" else kind


def client_options(
    target: SshTarget, *, identity: Path, known_hosts: Path, connect_timeout: int
) -> list[str]:
    """All `-F`, `-i` and `-o` arguments of the `ssh` program."""
    kind, _ = pinned_key(target)
    options = {
        "HostKeyAlgorithms": host_key_algorithms(kind),
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(known_hosts),
        "GlobalKnownHostsFile": "none",
        "UpdateHostKeys": "no",
        "VerifyHostKeyDNS": "no",
        "CheckHostIP": "no",
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "PreferredAuthentications": "publickey",
        "ForwardAgent": "no",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ConnectTimeout": str(connect_timeout),
        "ConnectionAttempts": "1",
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "3",
        "ExitOnForwardFailure": "yes",
        "StreamLocalBindMask": "0177",
        "LogLevel": "INFO",
    }
    pairs = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["-F", "none", "-i", str(identity), *pairs]
