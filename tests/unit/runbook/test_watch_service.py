"""A watcher of its own machine: its systemd service, and how its death is noticed."""

from __future__ import annotations

import os
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import OperatorError
from common.target import Target
from runbook import heartbeat, unit
from runbook.heartbeat import Beat
from runbook.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.server import FakeServer


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FakeServer) -> Path:
    """A user's systemd, and the file of what it was asked."""
    assert server
    asked, program = tmp_path / "asked", tmp_path / "bin" / "systemctl"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NUTRI_NOTIFY_URLS", "json://somebody/")
    monkeypatch.setattr(unit, "_is_root", lambda: False)
    return asked


def _file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "systemd" / "user" / "nutri-watch-prod.service"


def test_it_is_installed_and_removed(
    systemd: Path, tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the words it was given, the stack's surroundings, and a watchdog."""
    assert run("watch", "D1", "--interval", "5m", "--incident", "P1", "--install") == 0
    text = _file(tmp_path).read_text()
    project = tmp_path / "project"
    assert f'bash -c ". {project}/bin/env prod && exec runbook watch D1 --interval 5m' in text
    assert "--incident P1 --stack prod" in text
    assert "Type=notify" in text
    assert "WatchdogSec=1500" in text
    assert "journalctl --user -u nutri-watch-prod.service" in capsys.readouterr().out
    assert run("watch", "--uninstall") == 0
    assert not _file(tmp_path).exists()
    assert systemd.read_text().splitlines() == [
        "--user --version",
        "--user daemon-reload",
        "--user enable --now nutri-watch-prod.service",
        "--user disable --now nutri-watch-prod.service",
        "--user daemon-reload",
    ]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("server", "this machine is nutri-1, which is to be watched"),
        ("nobody", "nobody would be told"),
        ("systemd", "`systemctl --version` failed: no bus"),
        ("none", "nothing watches stack prod from here"),
    ],
)
def test_what_would_not_watch_is_refused(  # noqa: PLR0913, PLR0917 - a world has many parts
    broken: str,
    said: str,
    systemd: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And nothing is written."""
    if broken == "server":
        monkeypatch.setattr("platform.node", lambda: "nutri-1")
    if broken == "nobody":
        monkeypatch.setattr("runbook.notify.urls", lambda _: ())
    if broken == "systemd":
        (tmp_path / "bin" / "systemctl").write_text("#!/bin/sh\necho no bus >&2\nexit 1\n")
    assert run("watch", "--uninstall" if broken == "none" else "--install") == 2
    assert said in capsys.readouterr().err
    assert not _file(tmp_path).exists()
    assert not systemd.exists()


def test_systemd_reads_the_words_as_they_were_typed() -> None:
    """Its own marks are escaped."""
    text = Unit("prod", Path("/a b/$x%h"), ("watch",), 60).text()
    assert """ExecStart=/usr/bin/env bash -c ". '/a b/$$x%%h/bin/env' prod && exec""" in text


def _beat(**changes: Any) -> Beat:  # noqa: ANN401 - fields
    facts = {"at": heartbeat.now(), "host": "desk", "interval": 300, "summary": "all green"}
    return Beat.model_validate(facts | changes)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (60, "watched from desk 1 min ago"),
        (1800, "watched from desk 30 min ago, though every 5 min: the watcher is dead"),
    ],
)
def test_a_watcher_that_died_is_noticed(ago: int, said: str) -> None:
    """Three looks late, and two minutes."""
    now = heartbeat.now()
    assert _beat(at=now - timedelta(seconds=ago)).line(now) == said


def test_each_look_leaves_its_time_on_the_servers(
    outputs: dict[str, Any], server: FakeServer
) -> None:
    """Where anybody can read it."""
    assert server.heartbeat == ""
    target = Target.model_validate(outputs)
    assert heartbeat.newest(target) is None
    one, said = _beat(), list[str]()
    heartbeat.beat(target, one, said.append)
    assert heartbeat.newest(target) == one
    assert said == []


@pytest.mark.usefixtures("server")
def test_systemd_and_who_waits_for_a_call_hear_of_it(
    outputs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the server cannot take it; an address that fails is told, without its secret."""

    def dead(_: object) -> None:
        raise OperatorError("SSH timed out")

    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setattr("runbook.servers.SshClient", dead)
    said: list[str] = []
    with channel, HTTPServer(("127.0.0.1", 0), Handler) as waits:
        thread = threading.Thread(target=waits.handle_request)
        thread.start()
        monkeypatch.setenv(heartbeat.PING, f"http://127.0.0.1:{waits.server_port}/secret")
        heartbeat.beat(Target.model_validate(outputs), _beat(), said.append)
        thread.join()
        assert b"WATCHDOG=1" in channel.recv(1000)
    assert calls == ["/secret"]
    assert said == ["the sign of life did not reach nutri-1: SSH timed out"]
    heartbeat.beat(Target.model_validate(outputs), _beat(), said.append)
    assert said[-1].startswith(f"the address in {heartbeat.PING} did not take")
    assert "secret" not in said[-1]
