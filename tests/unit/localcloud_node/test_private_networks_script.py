"""The script that gives an interface its addresses, run against a recorded `ip`."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from localcloud.hetzner.machines import Leg
from localcloud.node.networks import script
from localcloud.node.records import Record, Records

if TYPE_CHECKING:
    from pathlib import Path

_DOCKER, _OWN = "02:42:64:41:0a:02", "86:00:0a:00:00:02"
_LEG = Leg(5, "10.0.0.0/16", "10.0.0.2", _OWN, ("10.0.0.9",), (("192.168.7.0/24", "10.0.0.3"),))
_IP = """\
#!/bin/sh
echo "$*" >> "{log}"
case "$*" in
  "-br link") printf 'lo UNKNOWN 00:00:00:00:00:00\\neth0@if1 UP 02:42:00:00:00:01\\n'
              printf 'eth1@if2 UP {mac} <UP>\\n' ;;
  "-br link show dev eth1") echo 'eth1@if2 UP {mac}' ;;
  "-br -4 addr show dev eth1") echo 'eth1@if2 UP 100.65.10.2/24 10.0.0.9/32' ;;
esac
"""


def _run(folder: Path, mac: str) -> subprocess.CompletedProcess[str]:
    tool = folder / "ip"
    tool.write_text(_IP.format(log=folder / "log", mac=mac))
    tool.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-s"],
        input=script(_LEG, _DOCKER),
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


def _changes(folder: Path) -> list[str]:
    lines = (folder / "log").read_text().splitlines()
    return [line for line in lines if not line.startswith("-br")]


def test_fresh_interface_gets_everything(tmp_path: Path) -> None:
    """Docker's hardware and network address go, those of the API come, and the route."""
    assert _run(tmp_path, _DOCKER).returncode == 0
    assert _changes(tmp_path) == [
        "link set dev eth1 down",
        f"link set dev eth1 address {_OWN}",
        "link set dev eth1 up",
        "addr del 100.65.10.2/24 dev eth1",
        "addr replace 10.0.0.2/16 dev eth1",
        "addr replace 10.0.0.9/32 dev eth1",
        "route flush dev eth1 proto 186",
        "route replace 192.168.7.0/24 via 10.0.0.3 dev eth1 onlink proto 186",
    ]


def test_known_interface_is_not_taken_down(tmp_path: Path) -> None:
    """A change of aliases or routes leaves connections alone."""
    assert _run(tmp_path, _OWN).returncode == 0
    assert "link set dev eth1 down" not in _changes(tmp_path)


def test_missing_interface_is_an_error(tmp_path: Path) -> None:
    """Nothing is changed on some other interface instead."""
    done = _run(tmp_path, "02:42:ff:ff:ff:ff")
    assert (done.returncode, _changes(tmp_path)) == (1, [])
    assert "is not there" in done.stderr


def test_interfaces_are_remembered(tmp_path: Path) -> None:
    """A restart of the local cloud knows them; a record of before there were any is read too."""
    Records(tmp_path).put(7, Record("127.10.0.1", legs=(_LEG,)))
    found = Records(tmp_path).get(7)
    assert found is not None
    assert found.legs == (_LEG,)
    (tmp_path / "8.json").write_text(
        '{"address": null, "rules": null, "on": true, "generation": 1}'
    )
    old = Records(tmp_path).get(8)
    assert old is not None
    assert old.legs == ()
