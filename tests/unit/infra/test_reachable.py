"""Before a command goes to a server, its SSH is looked at within a bound."""

from __future__ import annotations

import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from common.waiting import WaitTimeoutError, without_pauses
from infra.servers import reachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word, like a server that hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield int(listener.getsockname()[1])


def _props(folder: Path, port: int) -> dict[str, Any]:
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    ssh = {
        "host": "127.0.0.1",
        "port": float(port),
        "user": "root",
        "host_key": " ".join((folder / "key.pub").read_text().split()[:2]),
        "private_key": key.read_text(),
    }
    return {"ssh": ssh, "server": "1", "address": "127.0.0.1", "answers": True}


def test_a_silent_server_ends_an_update(
    silent: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its address, the last error and the way out; the plugin itself would wait for ever."""
    monkeypatch.setattr(reachable, "_LOGIN_SECONDS", 1)
    provider, props = reachable._ReachableProvider(), _props(tmp_path, silent)
    started = time.monotonic()
    with (
        without_pauses(attempts=2),
        pytest.raises(WaitTimeoutError, match=r"SSH on 127\.0\.0\.1.*revive.*no answer"),
    ):
        provider.update("127.0.0.1", props, props)
    assert time.monotonic() - started < 20


def test_a_refresh_gets_past_it_and_tells(
    silent: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a difference then, which the update after it has to get past first."""
    monkeypatch.setattr(reachable, "_LOGIN_SECONDS", 1)
    provider, props = reachable._ReachableProvider(), _props(tmp_path, silent)
    with without_pauses():
        seen = provider.read("127.0.0.1", props)
    assert seen.id == "127.0.0.1"
    assert provider.diff("127.0.0.1", seen.outs or {}, props).changes


def test_a_server_that_answers_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is to do for it."""
    monkeypatch.setattr(reachable, "_look", lambda _: True)
    provider, props = reachable._ReachableProvider(), _props(tmp_path, 22)
    seen = provider.read("127.0.0.1", props)
    assert not provider.diff("127.0.0.1", seen.outs or {}, props).changes
