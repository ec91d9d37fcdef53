"""What is told to OpenSSH, and what its messages mean; pure functions."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from clients import ssh
from clients.ssh.errors import error_from_log
from clients.ssh.options import client_options, host_key_algorithms, known_hosts_line
from common.target import SshTarget

TARGET = SshTarget(
    host="203.0.113.5", host_key="ssh-ed25519 AAAA comment", private_key=SecretStr("hush")
)


def test_the_known_hosts_line_names_a_port_only_when_it_is_another() -> None:
    """As OpenSSH writes them."""
    assert known_hosts_line(TARGET) == "203.0.113.5 ssh-ed25519 AAAA\n"
    other = TARGET.model_copy(update={"port": 2222})
    assert known_hosts_line(other) == "[203.0.113.5]:2222 ssh-ed25519 AAAA\n"


def test_rsa_keys_sign_with_sha2() -> None:
    """The type of an RSA key is not the name of a signature that servers still offer."""
    assert host_key_algorithms("ssh-rsa") == "rsa-sha2-512,rsa-sha2-256"
    assert host_key_algorithms("ssh-ed25519") == "ssh-ed25519"


def test_nothing_of_the_users_own_set_up_takes_part() -> None:
    """No config, agent or known hosts of the user, no question asked, no key learned."""
    options = client_options(
        TARGET, identity=Path("/k/id"), known_hosts=Path("/k/hosts"), connect_timeout=7
    )
    assert options[:4] == ["-F", "none", "-i", "/k/id"]
    assert set(options) >= {
        "HostKeyAlgorithms=ssh-ed25519",
        "StrictHostKeyChecking=yes",
        "UserKnownHostsFile=/k/hosts",
        "GlobalKnownHostsFile=none",
        "UpdateHostKeys=no",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "ForwardAgent=no",
        "ConnectTimeout=7",
    }
    assert "hush" not in " ".join(options)


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @", ssh.HostKeyMismatchError),
        ("Host key verification failed.", ssh.HostKeyMismatchError),
        ("No ED25519 host key is known for h and you have requested", ssh.HostKeyMismatchError),
        ("root@h: Permission denied (publickey).", ssh.SshPermissionDeniedError),
        ("ssh: connect to host h port 22: Connection refused", ssh.SshRefusedError),
        ("ssh: connect to host h port 22: Connection timed out", ssh.SshTimeoutError),
        ("Timeout, server h not responding.", ssh.SshTimeoutError),
        ("ssh: connect to host h port 22: No route to host", ssh.SshUnreachableError),
        ("ssh: Could not resolve hostname h: Name or service not known", ssh.SshUnreachableError),
        ("Connection to h closed by remote host.", ssh.SshConnectionLostError),
        ("kex_exchange_identification: read: Connection reset", ssh.SshBusyError),
        ("kex_exchange_identification: Connection closed by remote host", ssh.SshBusyError),
        ("kex_exchange_identification: banner: Exceeded MaxStartups", ssh.SshBusyError),
        ("Connection timed out during banner exchange", ssh.SshTimeoutError),
        ("something new\nnobody has seen", ssh.SshError),
    ],
)
def test_openssh_messages_become_typed_errors(log: str, kind: type[ssh.SshError]) -> None:
    """Each cause has its class, and each message names the server."""
    error = error_from_log(TARGET, log)
    assert type(error) is kind
    assert "root@203.0.113.5:22" in str(error)


@pytest.mark.parametrize("log", ["", "\n", "Connection to 203.0.113.5 closed.\n"])
def test_silence_and_a_normal_end_are_no_errors(log: str) -> None:
    """Then the exit code is the command's own."""
    assert error_from_log(TARGET, log) is None
