"""A server that hangs, a disk that is lost, and a whole platform made anew from its kit."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from clients.ssh import SshClient
from tests.e2e.data.conftest import RESTIC_PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.recovery.conftest import Platform

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.timeout(1500),
]


def test_a_snapshot_is_listed_with_its_age(platform: Platform) -> None:
    """With its name, and usable."""
    made = platform.told("snapshot", "create", "--name", "before-all")
    assert (made["type"], made["status"]) == ("snapshot", "available")
    assert made["id"] in [one["id"] for one in platform.told("snapshot", "list")["snapshots"]]


def test_a_spoilt_disk_is_replaced_by_a_snapshot(platform: Platform) -> None:
    """What was on it then is there again; id, addresses and protection stay; all is well."""
    before = platform.stack.described().servers[0]
    with SshClient(before.ssh) as server:
        server.run("echo kept >/root/kept; sync")
    taken = platform.told("snapshot", "create", "--name", "with-a-file")["id"]
    with SshClient(before.ssh) as server:
        server.run("rm /root/kept")
    words = ("server", "restore", platform.server, "--lose", platform.server)
    told = platform.told(*words, "--snapshot", str(taken), "--no-keep-current")
    assert (told["image"], told["well"]) == (taken, True)
    with SshClient(before.ssh) as server:
        assert server.run("cat /root/kept").stdout == "kept\n"
    platform.stack.up()
    after = platform.stack.described().servers[0]
    assert (after.id, after.ipv4) == (before.id, before.ipv4)
    assert platform.told("check", "server", "protection", "ssh", "health")


def test_the_kit_opens_by_its_passphrase_alone(platform: Platform, tmp_path: Path) -> None:
    """Every part is proven; a token that may only read, and an old kit, are red."""
    kit = tmp_path / "nutri.kit"
    platform.told("recovery-kit", "export", str(kit))
    assert stat.S_IMODE(kit.stat().st_mode) == 0o600
    # The double's registry has no name outside.
    found = platform.told("recovery-kit", "check", "--file", str(kit), code=2)
    parts = {one["name"]: one for one in found["parts"]}
    assert [name for name, one in parts.items() if one["well"] is False] == []
    for name in ("state backend", "APP_KEY", "Hetzner token", "DNS zone", "restic password"):
        assert parts[name]["well"], parts[name]
    fault = {"method": "POST", "path": "ssh_keys", "status": 403, "code": "forbidden"}
    platform.cloud.knob("POST", "/faults", fault)
    red = platform.told("recovery-kit", "check", code=1)
    assert [one["name"] for one in red["parts"] if one["well"] is False] == ["Hetzner token"]
    platform.stack.set_secret("nutri:resticPassword", "another password")
    red = platform.told("recovery-kit", "check", code=1)
    (part,) = [one for one in red["parts"] if one["well"] is False]
    assert (part["name"], "does not open the dumps" in part["says"]) == ("restic password", True)
    platform.stack.set_secret("nutri:resticPassword", RESTIC_PASSWORD)
    wrong = tmp_path / "passphrase"
    wrong.write_text("another passphrase\n")
    refused = platform.runbook(
        "recovery-kit", "check", "--file", str(kit), "--passphrase-file", str(wrong)
    )
    assert refused.returncode == 2
    assert "the passphrase is wrong, or it is damaged" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_frozen_server_is_brought_back(platform: Platform) -> None:
    """A soft reboot is not heeded by one that hangs: its power is reset."""
    platform.cloud.knob("POST", f"/servers/{platform.server}/freeze")
    plan = platform.runbook("server", "revive", "--dry-run")
    assert plan.returncode == 1
    assert "reset its power" in plan.stdout
    told = platform.told("server", "revive", "--yes", "--soft-seconds", "10")
    names = [step["name"] for step in told["steps"]]
    assert [name for name in names if name in {"soft reboot", "reset"}] == ["soft reboot", "reset"]
    assert names[-3:] == ["docker", "services", "health"]
    assert told["console"].startswith("https://console.hetzner.com/")


def test_drills_of_a_server_end_by_themselves(platform: Platform) -> None:
    """What was broken is seen, mended and measured."""
    for name, phases in (
        ("full-disk", ["fill", "detect", "prune", "remove", "verify"]),
        ("frozen-server", ["freeze", "detect", "revive"]),
    ):
        told = platform.told("drill", name, "--yes")
        assert told["outcome"] == "recovered"
        assert [phase["name"] for phase in told["phases"]] == phases


def test_a_sold_out_location_is_planned_for(platform: Platform) -> None:
    """The fallback has a server today; once it has none either, the drill says so."""
    servers = platform.cloud.api("/servers")["servers"]
    told = platform.told("drill", "sold-out")
    assert [one["note"] for one in told["phases"]] == ["", "a cx33 in nbg1"]
    sold_out = {name: ["nbg1"] for name in ("cx33", "cpx32", "ccx23")}
    platform.cloud.knob("PATCH", "/knobs", {"sold_out": sold_out})
    told = platform.told("drill", "sold-out", code=1)
    platform.cloud.knob("PATCH", "/knobs", {"sold_out": {}})
    assert "none of cx33, cpx32, ccx23 is sold in nbg1 today" in told["error"]
    assert platform.cloud.api("/servers")["servers"] == servers
    assert platform.stack.pulumi("preview", "--expect-no-changes").returncode == 0


def test_a_lost_server_is_made_anew_from_the_kit(platform: Platform, tmp_path: Path) -> None:
    """Cut off in the middle, too; no row is lost, since the database was not."""
    page = tmp_path / "drill.html"
    words = ("--lose", platform.stack.name, "--as", "dr1", "--folder", str(tmp_path))
    refused = platform.runbook("drill", "dr", platform.stack.name)
    assert refused.returncode == 2
    assert "name the stack twice" in refused.stderr
    told = platform.told(
        "drill", "dr", platform.stack.name, *words,
        "--interrupt-after", "server", "--report", str(page),
    )  # fmt: skip
    assert told["outcome"] == "recovered", told
    assert told["measures"]["rows_lost"] == 0
    assert told["measures"]["rto_seconds"] < 3600
    names = [phase["name"] for phase in told["phases"]]
    assert names.index("services") < names.index("names") < names.index("verification")
    assert "<svg" in page.read_text()
    platform.moved_to("dr1", tmp_path)
    assert not [
        one for one in platform.told("check", "health", "dns", "server")["results"]
        if one["status"] != "green"
    ]  # fmt: skip


def test_lost_data_comes_back_from_the_newest_dump(platform: Platform, tmp_path: Path) -> None:
    """What was written after it is lost, and counted; its location has no server left to sell."""
    sold_out = {name: ["fsn1"] for name in ("cx33", "cpx32", "ccx23")}
    platform.cloud.knob("PATCH", "/knobs", {"sold_out": sold_out})
    words = ("--lose", platform.stack.name, "--as", "dr2", "--folder", str(tmp_path))
    done = platform.runbook("drill", "dr", platform.stack.name, *words, "--lose-database", "--json")
    told = json.loads(done.stdout)
    assert told["outcome"] == "recovered", done.stderr
    assert 0 < told["measures"]["rows_lost"] < told["measures"]["rows_written"]
    assert 0 < told["measures"]["rpo_seconds"] < 24 * 3600
    assert "database" in [phase["name"] for phase in told["phases"]]
    (made,) = platform.cloud.api("/servers")["servers"]
    assert (made["name"], made["location"]["name"]) == ("nutri-dr2", "nbg1")
