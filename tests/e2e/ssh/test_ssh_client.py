"""The SSH client against a real OpenSSH server on a loopback address."""

from __future__ import annotations

import socket
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from clients import ssh
from common.errors import OperatorError

if TYPE_CHECKING:
    from common.target import SshTarget
    from tests.e2e.ssh.conftest import Keys


def test_a_command_runs_and_its_outputs_come_back(target: SshTarget) -> None:
    """Both outputs and the code arrive; standard input goes in."""
    with ssh.SshClient(target) as client:
        done = client.run("cat; echo oops >&2; exit 3", stdin="ünï\n", check=False)
    assert (done.stdout, done.stderr, done.code) == ("ünï\n", "oops\n", 3)


def test_a_list_is_quoted(target: SshTarget) -> None:
    """Words of a list reach the program unchanged, whatever is in them."""
    words = ["a b", "$HOME", "'", '"; id', "*"]
    with ssh.SshClient(target) as client:
        assert client.run(["printf", "%s\n", *words]).stdout.splitlines() == words


def test_a_failing_command_says_what_and_why_without_secrets(target: SshTarget) -> None:
    """The error has host, command, code and last lines, and blots secrets out."""
    with (
        ssh.SshClient(target) as client,
        pytest.raises(ssh.CommandFailedError, match=r"127\.0\.0\.1.*code 4.*no such \*\*\*") as e,
    ):
        client.run("read x; echo no such $x >&2; exit 4", stdin="hush\n", secrets=["hush"])
    assert e.value.code == 4
    assert "hush" not in str(e.value) + e.value.stderr


def test_a_command_that_itself_ends_with_255_is_no_ssh_error(target: SshTarget) -> None:
    """Code 255 of the command is told apart from a failure of SSH."""
    with ssh.SshClient(target) as client:
        text = "echo 'Permission denied' >&2; exit 255"
        assert client.run(text, check=False).code == 255
        with pytest.raises(ssh.CommandFailedError):
            client.run(text)


def test_another_host_key_is_refused_and_no_command_runs(
    target: SshTarget, keys: Keys, tmp_path: Path
) -> None:
    """A server with another key gets nothing, not even the command."""
    wrong = target.model_copy(update={"host_key": keys.public("other_host")})
    witness = tmp_path / "ran"
    with ssh.SshClient(wrong) as client, pytest.raises(ssh.HostKeyMismatchError, match="pinned"):
        client.run(["touch", str(witness)])
    assert not witness.exists()


def test_another_host_key_type_is_refused(target: SshTarget) -> None:
    """A server that has no key of the pinned type is a mismatch too."""
    wrong = target.model_copy(
        update={"host_key": "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY="}
    )
    with ssh.SshClient(wrong) as client, pytest.raises(ssh.HostKeyMismatchError):
        client.run("true")


def test_a_damaged_host_key_is_an_operator_error(target: SshTarget) -> None:
    """A pinned key of one word is refused before anything is sent."""
    with pytest.raises(OperatorError, match="damaged"):
        ssh.SshClient(target.model_copy(update={"host_key": "ssh-ed25519"}))


def test_another_login_key_is_permission_denied(target: SshTarget, keys: Keys) -> None:
    """A key the server does not know is told as such."""
    wrong = target.model_copy(update={"private_key": keys.private("other_login")})
    with ssh.SshClient(wrong) as client, pytest.raises(ssh.SshPermissionDeniedError, match="key"):
        client.run("true")


def test_a_closed_port_is_refused(target: SshTarget) -> None:
    """Nothing listening is told as refused."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        wrong = target.model_copy(update={"port": closed.getsockname()[1]})
        with ssh.SshClient(wrong) as client, pytest.raises(ssh.SshRefusedError, match="refused"):
            client.run("true")


def test_a_silent_server_is_a_timeout(target: SshTarget) -> None:
    """A server that accepts and says nothing is given up after the connect timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        wrong = target.model_copy(update={"port": silent.getsockname()[1]})
        with (
            ssh.SshClient(wrong, connect_timeout=1) as client,
            pytest.raises(ssh.SshTimeoutError, match="no answer"),
        ):
            client.run("true")


def test_a_name_that_does_not_resolve_is_unreachable(target: SshTarget) -> None:
    """An unknown name is told as such."""
    wrong = target.model_copy(update={"host": "nowhere.invalid"})
    with ssh.SshClient(wrong) as client, pytest.raises(ssh.SshUnreachableError):
        client.run("true")


def test_a_command_has_a_bound(target: SshTarget) -> None:
    """A command that does not end is given up."""
    started = time.monotonic()
    with ssh.SshClient(target) as client, pytest.raises(ssh.CommandTimeoutError, match=r"0\.5 s"):
        client.run("sleep 30", timeout=0.5)
    assert time.monotonic() - started < 5


def test_the_key_lies_in_no_file_and_the_folder_vanishes(target: SshTarget) -> None:
    """What is beside it has mode 600 in a folder of 700, and is gone with the client."""
    with ssh.SshClient(target) as client:
        folder = Path(client._folder.name)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        assert modes == {"known_hosts": 0o600}
        assert str(client._identity.path).startswith("/proc/")
    assert not folder.exists()


def test_lines_stream_while_the_command_runs(target: SshTarget) -> None:
    """The first line is there long before the command ends, and leaving ends it."""
    started = time.monotonic()
    with ssh.SshClient(target) as client:
        lines = client.stream("echo one; echo two >&2; sleep 30")
        assert [next(lines), next(lines)] == ["one", "two"]
        lines.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 5


def test_a_stream_tells_ssh_errors(target: SshTarget, keys: Keys) -> None:
    """Streaming from a server with another key is refused as well."""
    wrong = target.model_copy(update={"host_key": keys.public("other_host")})
    with ssh.SshClient(wrong) as client, pytest.raises(ssh.HostKeyMismatchError):
        list(client.stream("echo no"))


def test_a_tunnel_carries_http(target: SshTarget, hello: int) -> None:
    """HTTP goes through the tunnel, whose socket is private and vanishes with it."""
    with ssh.tunnel(target, hello) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://coolify") as client:
            assert client.get("/").text == "hello"
    assert not path.exists()


def test_a_tunnel_to_a_closed_port_fails_the_request(target: SshTarget) -> None:
    """Nothing at the far end is an HTTP error, not a hang."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with ssh.tunnel(target, closed.getsockname()[1]) as path:
            transport = httpx.HTTPTransport(uds=str(path))
            with httpx.Client(transport=transport) as client, pytest.raises(httpx.TransportError):
                client.get("http://coolify/")


def test_a_tunnel_needs_the_pinned_key(target: SshTarget, keys: Keys) -> None:
    """No tunnel to a server with another key."""
    wrong = target.model_copy(update={"host_key": keys.public("other_host")})
    with pytest.raises(ssh.HostKeyMismatchError), ssh.tunnel(wrong, 1):
        pass


def test_a_tunnel_is_closed_when_its_user_fails(target: SshTarget, hello: int) -> None:
    """The ssh process does not outlive an exception inside the block."""
    with pytest.raises(ZeroDivisionError), ssh.tunnel(target, hello) as path:
        _ = 1 / 0
    assert not path.exists()
    assert not path.parent.exists()


def test_no_ssh_program_is_told(target: SshTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without OpenSSH hears what to install."""
    monkeypatch.setenv("PATH", "")
    with (
        ssh.SshClient(target) as client,
        pytest.raises(ssh.SshClientMissingError, match="openssh-client"),
    ):
        client.run("true")
