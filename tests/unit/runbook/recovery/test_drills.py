"""Drills: what they measure, and how they report it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from clients.ssh import CommandTimeoutError, SshTimeoutError
from common.errors import OperatorError
from common.waiting import wait_until
from runbook.app import app, group
from runbook.drills import Drill
from runbook.drills.ending import finish, lines
from runbook.drills.rebuild import InterruptedUpError, Rebuild, phases
from runbook.drills.server import ServerDrill
from runbook.drills.timeline import page
from tests.unit.runbook.recovery.conftest import target_of
from tests.unit.runbook.recovery.test_revive import FakeTools

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.server import FakeServer


def _drill(error: str = "") -> Drill:
    drill = Drill(name="dr", stack="prod", measures={"rows_lost": 3})
    with drill.running(lambda _: None) as phase:
        with phase("disaster"):
            pass
        with phase("<server>") as timer:
            timer.note = "fsn1 & nbg1"
        if error:
            raise OperatorError(error)
    return drill


def test_a_drill_becomes_a_page_of_its_own() -> None:
    """Nothing is loaded from elsewhere, and nothing of the text is markup."""
    shown = page(_drill("lost <everything>"))
    assert shown.startswith("<!doctype html>")
    assert "&lt;server&gt;" in shown
    assert "lost &lt;everything&gt;" in shown
    assert "http" not in shown
    assert shown.count('class="picture"') == 2


def test_a_drill_ends_with_its_code(tmp_path: Path) -> None:
    """As text, JSON and picture."""
    drill = _drill()
    assert lines(drill)[-1].startswith("dr recovered after")
    assert "rows_lost" in "".join(lines(drill))
    for name in ("report.json", "report.html"):
        with pytest.raises(typer.Exit) as caught:
            finish(drill, tmp_path / name, as_json=False)
        assert caught.value.exit_code == 0
    assert json.loads((tmp_path / "report.json").read_text())["outcome"] == "recovered"
    with pytest.raises(typer.Exit) as caught:
        finish(_drill("no"), None, as_json=True)
    assert caught.value.exit_code == 1


def test_two_modules_share_a_group() -> None:
    """Whoever comes second gets the first one's."""
    assert group("drill", "again") is group("drill", "and again")
    names = [one.typer_instance.info.name for one in app.registered_groups if one.typer_instance]
    assert names.count("drill") == 1


def test_parts_of_a_platform_follow_one_another() -> None:
    """Each from the end of the one before."""
    moments = {"Coolify": 25.0, "server": 12.0, "services": 40.0}
    assert phases(moments, 10.0) == [
        ("server", 10.0, 2.0),
        ("Coolify", 12.0, 13.0),
        ("services", 25.0, 15.0),
    ]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Rebuild]:
    """An update by a `pulumi` that prints what the test says and goes on for a minute."""

    def make(*events: object, code: int = 0, hang: bool = False, said: str = "nothing") -> Rebuild:
        script = tmp_path / "bin" / "pulumi"
        script.parent.mkdir(exist_ok=True)
        told = "\n".join(map(json.dumps, events))
        wait = "sleep 60" if hang else "true"
        complaint = f"echo '{said}' >&2"
        told = f"cat <<'EOT'\nno JSON\n{told}\nEOT"
        script.write_text(f"#!/bin/sh\n{complaint}\n{told}\n{wait}\nexit {code}\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(script.parent), prepend=":")
        return Rebuild(tmp_path, "dr", {}, lambda _: None)

    return make


def _done(name: str) -> dict[str, object]:
    return {"resOutputsEvent": {"metadata": {"urn": f"urn:pulumi:dr::nutri::{name}"}}}


def test_an_update_tells_when_each_part_was_there(engine: Callable[..., Rebuild]) -> None:
    """The last resource of a part counts."""
    rebuild = engine(_done("x::wait-for-boot"), _done("coolify:Application::a"), _done("y::other"))
    rebuild.up()
    assert list(rebuild.moments) == ["server", "services"]


def test_an_update_that_fails_says_why(engine: Callable[..., Rebuild]) -> None:
    """With the engine's last lines."""
    said = {"diagnosticEvent": {"severity": "error", "message": "no room\n"}}
    with pytest.raises(OperatorError, match="no room"):
        engine(said, code=255).up()
    with pytest.raises(OperatorError, match="is locked"):
        engine(said="the stack is locked", code=255).up()


def test_an_update_is_cut_off_on_purpose(engine: Callable[..., Rebuild]) -> None:
    """At once, as by a power cut."""
    rebuild = engine(_done("x::wait-for-boot"), hang=True)
    with pytest.raises(InterruptedUpError):
        rebuild.up(cut_off_after="server")


def test_a_plugin_does_not_outlive_a_power_cut(
    engine: Callable[..., Rebuild], tmp_path: Path
) -> None:
    """The engine starts each in a process group of its own."""
    plugin = "import os, time; os.setpgid(0, 0); print(os.getpid(), flush=True); time.sleep(60)"
    rebuild = engine(_done("x::wait-for-boot"), hang=True)
    script = tmp_path / "bin" / "pulumi"
    begin = f"{sys.executable} -c '{plugin}' >{tmp_path}/pid &\nsleep 0.5\n"
    script.write_text(script.read_text().replace("cat <<", f"{begin}cat <<"))
    with pytest.raises(InterruptedUpError):
        rebuild.up(cut_off_after="server")
    pid = (tmp_path / "pid").read_text().strip()
    wait_until("the plugin to end", lambda: _is_gone(pid), bound=5, interval=0.05)


def _is_gone(pid: str) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("silence", [SshTimeoutError("silence"), CommandTimeoutError("no end")])
def test_a_frozen_server_is_seen_and_revived(silence: OperatorError, server: FakeServer) -> None:
    """Frozen by stopping every process, before a login or within; brought back as E4 says."""
    turns = iter([None, silence])

    def answer(_: str) -> str:
        problem = next(turns)
        if problem:
            raise problem
        return ""

    server.answers = {"setsid": "", "true": answer}
    target = target_of("http://127.0.0.1:1/v1", 1)
    drill = Drill(name="frozen-server", stack="prod")
    tools = FakeTools(cured_by="reset")
    ServerDrill(drill, target, target.servers[0], lambda _: None).frozen(tools)
    assert [phase.name for phase in drill.phases] == ["freeze", "detect", "revive"]
    assert "reset" in drill.phases[-1].note
    assert drill.exit_code == 0


def test_a_disk_that_is_full_unseen_fails_the_drill(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is empty afterwards all the same."""
    server.answers = {"mkdir": "", "rm -f": ""}
    target = target_of("http://127.0.0.1:1/v1", 1)
    drill = Drill(name="full-disk", stack="prod")
    monkeypatch.setattr(ServerDrill, "_red", _unseen)
    ServerDrill(drill, target, target.servers[0], lambda _: None).full_disk()
    assert drill.exit_code == 1
    assert drill.phases[-1].name == "remove"
    assert server.commands[-1].startswith("rm -f /srv/nutri-drill/full")


def _unseen(*_: object) -> str:
    raise OperatorError("has not seen it")
