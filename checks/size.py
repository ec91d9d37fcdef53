"""S1: the server has the size that its type promises, seen from within."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.check import Check, servers
from checks.snapshot import SnapshotError, sections
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from checks.hetzner import ServerFacts
    from checks.observer import Observer
    from common.target import ServerTarget, Target

# `nproc` tells what this process may use, which is another question.
SCRIPT = r"""set -eu
section() { printf '@@ %s\n' "$1"; }
section cores; cat /sys/devices/system/cpu/online
section memory; grep MemTotal: /proc/meminfo
section disk; df -P -k / | tail -n 1
section container; systemd-detect-virt --container || true
"""
_KIB_IN_GIB = 1024**2
_LEAST = 0.85  # firmware, kernel and file system keep some of it for themselves
_REMEDY = (
    "a resize did not come through: `runbook server revive --force` has it boot anew; if it stays, "
    "the server's type is another than the config's: see `runbook plan`"
)


@dataclass(frozen=True)
class Seen:
    """What the server says of itself, and what the API says of it; memory and disk in GiB."""

    cores: int
    memory: float
    disk: float | None
    """None in a container, whose file system is that of the machine around it."""
    facts: ServerFacts | None


def collect(observer: Observer, server: ServerTarget) -> Seen:
    """Both sides."""
    facts = observer.server_facts(server)
    return parse(observer.ssh(server).run(SCRIPT).stdout, facts)


def parse(output: str, facts: ServerFacts | None) -> Seen:
    """What SCRIPT printed.

    Raises:
        SnapshotError: when it is of another form.
    """
    try:
        parts = sections(output)
        is_container = parts["container"].strip() not in {"", "none"}
        return Seen(
            cores=sum(_length(part) for part in parts["cores"].strip().split(",")),
            memory=int(parts["memory"].split()[1]) / _KIB_IN_GIB,
            disk=None if is_container else int(parts["disk"].split()[1]) / _KIB_IN_GIB,
            facts=facts,
        )
    except (KeyError, ValueError, IndexError) as error:
        raise SnapshotError(f"the server tells its size in another form: {error}") from error


def _length(cores: str) -> int:
    """The number of cores in '0-3', or in '2'."""
    first, _, last = cores.partition("-")
    return int(last or first) - int(first) + 1


def judge(server: ServerTarget, seen: Seen, _target: Target) -> Verdict:
    """Green when cores, memory and disk are those of the type; a kept disk may be smaller."""
    facts = seen.facts
    if facts is None:
        return red(f"the Hetzner API knows no server with id {server.id}", "`pulumi up`")
    kind, disk = facts.server_type, facts.primary_disk_size
    faults = []
    if seen.cores != kind.cores:
        faults.append(f"{seen.cores} cores instead of {kind.cores}")
    if not _LEAST * kind.memory <= seen.memory <= kind.memory:
        faults.append(f"{seen.memory:.1f} GiB of memory instead of {kind.memory:g}")
    if seen.disk is not None and not _LEAST * disk <= seen.disk <= disk:
        faults.append(f"a disk of {seen.disk:.0f} GiB instead of {disk}")
    if faults:
        return red(f"{', '.join(faults)} ({kind.name})", _REMEDY)
    return green(f"{kind.name}: {seen.cores} cores, {seen.memory:.1f} GiB, disk {disk} GB")


SIZE = Check("size", "S1", "has the size of its type", servers, collect, judge)
