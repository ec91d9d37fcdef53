"""Commands that go through one connection, against a real OpenSSH server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from clients import ssh

if TYPE_CHECKING:
    from common.target import SshTarget
    from tests.e2e.ssh.conftest import Keys

_FROM = "echo ${SSH_CONNECTION% * *}"  # address and port of this end


def test_commands_go_through_one_connection(target: SshTarget) -> None:
    """Run one after another or streamed, they come from one port; else each has its own."""
    with ssh.SshClient(target, shared=True) as client:
        seen = {client.run(_FROM).stdout.strip(), client.run(_FROM).stdout.strip()}
        assert seen == {next(iter(client.stream(_FROM)))}
    with ssh.SshClient(target) as client:
        assert client.run(_FROM).stdout != client.run(_FROM).stdout


def test_a_command_leaves_what_it_leaves_otherwise(target: SshTarget) -> None:
    """Outputs, input, codes (255 too) and bounds."""
    with ssh.SshClient(target, shared=True) as client:
        done = client.run("cat; echo oops >&2; exit 3", stdin="ünï\n", check=False)
        assert (done.stdout, done.stderr, done.code) == ("ünï\n", "oops\n", 3)
        assert client.run("exit 255", check=False).code == 255
        with pytest.raises(ssh.CommandTimeoutError, match=r"0\.5 s"):
            client.run("sleep 30", timeout=0.5)
        assert client.run("echo after").stdout == "after\n"


def test_more_at_once_than_a_connection_takes(target: SshTarget) -> None:
    """OpenSSH lets ten sessions into a connection; streams and commands beyond it work as well."""

    def read(number: int) -> str:
        return "".join(client.stream(f"sleep 1; echo {number}"))

    with ssh.SshClient(target, shared=True) as client, ThreadPoolExecutor(14) as pool:
        assert list(pool.map(read, range(14))) == [str(number) for number in range(14)]


def test_a_connection_that_was_lost_is_done_without(target: SshTarget) -> None:
    """The command in it fails; the next one makes its own."""
    with ssh.SshClient(target, shared=True) as client:
        before = client.run(_FROM).stdout
        with pytest.raises(ssh.SshConnectionLostError, match="lost"):
            client.run("kill -9 $PPID; sleep 5", check=False)
        after = client.run(_FROM).stdout
    assert after
    assert after != before


def test_what_is_wrong_is_told_as_otherwise(target: SshTarget, keys: Keys) -> None:
    """Where no connection can be made, the command itself says why."""
    other_key = target.model_copy(update={"host_key": keys.public("other_host")})
    with ssh.SshClient(other_key, shared=True) as client:
        for _ in range(2):
            with pytest.raises(ssh.HostKeyMismatchError, match="pinned"):
                client.run("true")


def test_the_connection_ends_with_its_client(target: SshTarget) -> None:
    """Nothing of it is left on the server."""
    with ssh.SshClient(target, shared=True) as client:
        session = client.run("echo $PPID").stdout.strip()
        assert client.run(f"kill -0 {session}", check=False).code == 0
    with ssh.SshClient(target) as client:
        client.run(f"timeout 5 sh -c 'while kill -0 {session} 2>/dev/null; do sleep 0.1; done'")
