"""What real commands printed is read as it was meant; pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import snapshot, upkeep
from checks.logs import parse_line
from checks.measure import Measure, Unit
from checks.snapshot import FileSystem, SnapshotError, file_systems
from checks.traffic import as_request, percentile
from tests.unit.checks.conftest import RECORDED, recorded

DF_OF_A_SERVER = """\
Filesystem     1024-blocks     Used Available Capacity Mounted on
udev               1943352        0   1943352       0% /dev
tmpfs               391724      864    390860       1% /run
/dev/sda1         78425224 31004132  44201144      42% /
/dev/sda15          243828    11840    231988       5% /boot/efi
/dev/sdb         103081248   524288  97292160       1% /mnt/HC Volume 1
overlay           78425224 31004132  44201144      42% /var/lib/docker/overlay2/e9c8/merged
/dev/sda1         78425224 31004132  44201144      42% /var/lib/docker/volumes/x
"""


def test_a_servers_snapshot() -> None:
    """Docker 20.10's statistics, /proc and df of a local server."""
    found = snapshot.parse((RECORDED / "snapshot.txt").read_text())
    assert (found.cores, found.load) == (2, (15.56, 12.5, 8.51))
    assert (found.memory_total, found.memory_available) == (24683656, 22390524)
    assert found.space == (FileSystem("/", 95501264, 28911208),)
    assert found.inodes == (FileSystem("/", 16777216, 766024),)
    assert [one.name for one in found.usage][-2:] == ["coolify-redis", "coolify-db"]
    assert found.usage[0].cpu == pytest.approx(0.0264)
    assert found.usage[0].memory_text == "11.12MiB / 23.54GiB"
    assert len(found.lives) == 8
    assert {life.restarts for life in found.lives} == {0}
    assert (found.oom_lines, found.is_container, found.clock) == ((), True, 1795525372.45922267)


def test_real_file_systems_are_seen_once() -> None:
    """No pseudo ones, no container's own, names with blanks whole."""
    found = file_systems(DF_OF_A_SERVER)
    assert [one.mount for one in found] == ["/", "/mnt/HC Volume 1"]
    assert found[0].share == pytest.approx(0.412, abs=0.001)


def test_inodes_that_are_not_counted_are_left_out() -> None:
    """As on btrfs, which has no fixed number."""
    text = (
        "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda1 0 0 0 - /\n/dev/sdb - - - - /x\n"
    )
    assert file_systems(text) == ()


def test_a_container_that_ended_meanwhile_is_left_out() -> None:
    """Docker prints dashes for it."""
    row = '{"ID":"a","Name":"a","CPUPerc":"--","MemPerc":"--","MemUsage":"-- / --"}'
    assert snapshot.parse(recorded("snapshot.txt", stats=row)).usage == ()


@pytest.mark.parametrize("part", ["cores", "load", "memory", "stats", "containers", "clock"])
def test_a_damaged_part_is_no_evidence(part: str) -> None:
    """Whatever is there instead, an error says so."""
    with pytest.raises(SnapshotError):
        snapshot.parse(recorded("snapshot.txt", **{part: "sh: not found"}))
    with pytest.raises(SnapshotError, match="did not tell"):
        snapshot.parse("@@ nothing\n")


def test_pending_security_updates() -> None:
    """Those of the security archive, as apt 2.6 simulates them, and no others."""
    text = (RECORDED / "apt-upgrade-security.txt").read_text()
    text += "Inst bash [5.1] (5.2 Debian:12.11/stable [amd64])\n"
    text += "Inst curl [7.81.0] (7.88.1 Ubuntu:24.04/noble-updates, Ubuntu:24.04/noble-security)\n"
    found = upkeep.parse(recorded("upkeep.txt", upgrade=text))
    assert found.security_updates == ("libssl3", "curl")
    assert found.has_lists
    assert found.lists_age_days < 1


@pytest.mark.parametrize(
    ("text", "path", "status"),
    [
        (
            '{"event": "request_completed", "path": "/a", "status": 200, "duration_ms": 3}',
            "/a",
            200,
        ),
        ('{"msg":"request_completed","url":"/b","statusCode":503,"duration_ms":0.5}', "/b", 503),
        ('{"message": "request_completed", "status_code": 404, "duration_ms": 1}', "?", 404),
    ],
)
def test_a_request_is_known_in_several_dialects(text: str, path: str, status: int) -> None:
    """structlog, pino and others."""
    found = as_request(parse_line("r", f"2026-01-01T00:00:00Z {text}"))
    assert found
    assert (found.path, found.status) == (path, status)


@pytest.mark.parametrize(
    "text",
    [
        "request_completed",
        '{"event": "request_started", "duration_ms": 1}',
        '{"event": "request_completed"}',
        '{"event": "request_completed", "duration_ms": "fast"}',
        '{"event": "request_completed", "durat',
        '["request_completed"]',
    ],
)
def test_other_lines_are_no_requests(text: str) -> None:
    """Nor do they disturb."""
    assert as_request(parse_line("r", f"2026-01-01T00:00:00Z {text}")) is None


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values(values: list[float], rank: int) -> None:
    """At least so many of them are not above it."""
    ordered = sorted(values)
    found = percentile(ordered, rank)
    assert found in ordered
    assert sum(value <= found for value in ordered) * 100 >= rank * len(ordered)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.931, Unit.SHARE, "93%"),
        (0.0042, Unit.SHARE, "0.4%"),
        (0.2404, Unit.SECONDS, "240 ms"),
        (1.26, Unit.SECONDS, "1.3 s"),
        (89.7, Unit.DAYS, "90 days"),
        (3, Unit.COUNT, "3"),
    ],
)
def test_a_measure_reads_well(value: float, unit: Unit, text: str) -> None:
    """Each unit as people write it."""
    assert str(Measure("m", "l", value, unit)) == text
