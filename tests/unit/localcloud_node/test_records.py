"""What is remembered of machines survives a restart, and nothing of it is half written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.machines import InboundRule
from localcloud.node.records import Record, Records

if TYPE_CHECKING:
    from pathlib import Path

RULES = (InboundRule("tcp", (22, 22), ("127.0.0.0/8", "::/0")), InboundRule("udp", (1, 9), ()))


def test_records_survive_a_restart(tmp_path: Path) -> None:
    """Address, rules, power and generation come back as they were."""
    records = Records(tmp_path / "machines")
    records.put(1, Record("127.10.0.2", RULES, on=True, generation=3))
    records.put(2, Record(None, None))
    records.put(3, Record("127.10.0.4", ()))
    assert dict(Records(tmp_path / "machines")) == {
        1: Record("127.10.0.2", RULES, on=True, generation=3),
        2: Record(None, None),
        3: Record("127.10.0.4", ()),
    }


def test_a_change_keeps_the_other_fields(tmp_path: Path) -> None:
    """Each call changes what it names."""
    records = Records(tmp_path)
    records.put(1, Record("127.10.0.2", RULES))
    assert records.change(1, on=True) == Record("127.10.0.2", RULES, on=True)
    assert Records(tmp_path).get(1) == Record("127.10.0.2", RULES, on=True)


def test_a_change_of_nothing_makes_no_record(tmp_path: Path) -> None:
    """A machine that was deleted does not come back by a late call."""
    records = Records(tmp_path)
    assert records.change(7, on=True) is None
    assert list(records) == []


def test_a_dropped_record_is_gone(tmp_path: Path) -> None:
    """Dropping twice is no error."""
    records = Records(tmp_path)
    records.put(1, Record(None))
    records.drop(1)
    records.drop(1)
    assert list(Records(tmp_path)) == []


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    """Mode 600, with no scratch file left."""
    Records(tmp_path).put(1, Record(None))
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
