"""The side that asks: what is told, what is refused, and that it always ends."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from clients import drain
from clients.ssh import Result, SshConnectionLostError
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass
class Server:
    """Answers `start` with what it was given, and `end` as done."""

    told: dict[str, Any] | str
    verbs: list[list[str]] = field(default_factory=list)
    lost_at: str = ""

    def run(
        self,
        command: str | Sequence[str],
        *,
        stdin: str | None = None,
        timeout: float = 60.0,  # noqa: ARG002 - as SshClient has it
        check: bool = True,  # noqa: ARG002
    ) -> Result:
        """Answer one call of the program."""
        assert stdin
        words = list(command)[4:]
        self.verbs.append(words)
        if words[0] == self.lost_at:
            raise SshConnectionLostError("gone")
        told = self.told if words[0] == "start" else {"state": "over"}
        return Result(told if isinstance(told, str) else json.dumps(told), "", 0)


def run(server: Server, *, strict: bool = True) -> list[str]:
    """Drain and do nothing; returns what was said."""
    said: list[str] = []
    with drain.drained(server, "web", "app-1", grace=30, say=said.append, strict=strict):
        server.verbs.append(["stop"])
    return said


def test_it_begins_before_the_stop_and_ends_after_it() -> None:
    """In that order, with what has to be known."""
    server = Server({"state": "drained", "connections": 0})
    assert run(server) == []
    assert [one[0] for one in server.verbs] == ["start", "stop", "end"]
    assert server.verbs[0][1:4] == ["web", "app-1", "30"]


def test_it_ends_after_a_failure_too() -> None:
    """The old container serves on."""
    server = Server({"state": "drained"})
    with (
        pytest.raises(OperatorError, match="no deploy"),
        drain.drained(server, "web", "app-1", grace=30, say=print),
    ):
        raise OperatorError("no deploy")
    assert server.verbs[-1][0] == "end"


def test_a_proxy_that_takes_no_file_stops_the_stop() -> None:
    """The file in the way is named, and nothing is stopped."""
    reason = "/traefik/dynamic/foreign.yaml: field not found, node: rulee"
    server = Server({"state": "refused", "reason": reason})
    with pytest.raises(drain.DrainRefusedError, match=r"/proxy/dynamic/foreign\.yaml: field not"):
        run(server)
    assert [one[0] for one in server.verbs] == ["start"]


def test_a_full_disk_is_no_fault_of_a_file() -> None:
    """What makes room is named, not a file to be mended."""
    server = Server({"state": "refused", "reason": "no space left on device"})
    with pytest.raises(drain.DrainRefusedError, match="`runbook check disk`") as told:
        run(server)
    assert "Mend that file" not in str(told.value)


def test_an_emergency_goes_on_all_the_same() -> None:
    """And says what it could not do."""
    server = Server({"state": "refused", "reason": ""})
    (said,) = run(server, strict=False)
    assert "docker logs coolify-proxy" in said
    assert [one[0] for one in server.verbs] == ["start", "stop"]


def test_what_outlasts_the_grace_is_told() -> None:
    """It is cut off by the stop."""
    (said,) = run(Server({"state": "busy", "connections": 2}))
    assert "2 connections are left after 30 s" in said


@pytest.mark.parametrize("state", ["unrouted", "absent"])
def test_what_the_proxy_sends_nothing_needs_no_end(state: str) -> None:
    """A replica on another server, or of a service without a name."""
    server = Server({"state": state})
    assert run(server) == []
    assert [one[0] for one in server.verbs] == ["start", "stop"]


def test_a_server_lost_meanwhile_ends_it_by_itself() -> None:
    """The stop has happened; what keeps the file looks after it."""
    server = Server({"state": "drained"}, lost_at="end")
    assert run(server) == []


def test_another_answer_is_an_error() -> None:
    """Not a traceback."""
    with pytest.raises(OperatorError, match="in another form"):
        run(Server("Traceback"))


def test_the_program_runs_by_the_systems_python_alone(tmp_path: Path) -> None:
    """It is whole: it imports nothing but itself and the standard library."""
    file = tmp_path / "drain.pyz"
    file.write_bytes(base64.b64decode(drain.build()))
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        assert "agent/drain/keeper.py" in archive.namelist()
    words = [sys.executable, "-I", "-B", str(file), "end", "nobody"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=30)
    assert json.loads(done.stdout)["state"] == "over", done.stderr
