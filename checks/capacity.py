"""D3: CPU, memory, disk, inodes; containers that restart again and again or ran out of memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from checks.check import Check, servers
from checks.measure import Measure, Unit
from checks.snapshot import SCRIPT, Snapshot, parse
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checks.observer import Observer
    from checks.snapshot import FileSystem, Life
    from common.target import ServerTarget, Target

_SAMPLES = 3
_RECENT = 3600.0
_SEE = "see `runbook resources`; "
_DOCKERS = {"/", "/data", "/var/lib/docker"}
"""Where the file system is mounted that Docker keeps its images and containers on."""


@dataclass(frozen=True)
class Sight:
    """A snapshot, and our own clock (seconds since 1970) when its last line had come."""

    snapshot: Snapshot
    heard: float


def look(observer: Observer, server: ServerTarget) -> Sight:
    """A fresh snapshot."""
    output = observer.ssh(server).run(SCRIPT).stdout
    return Sight(parse(output), time.time())


def collect(observer: Observer, server: ServerTarget) -> Sight:
    """The snapshot that all checks of this run share."""
    return observer.once(("snapshot", server.id), lambda: look(observer, server))


def collect_cpu(observer: Observer, server: ServerTarget) -> tuple[Snapshot, ...]:
    """Up to three snapshots, as long as the last one is over the limit: a peak is no overload."""
    taken = [collect(observer, server).snapshot]
    limit = observer.target.expectations.cpu_share
    while taken[-1].cpu_share >= limit and len(taken) < _SAMPLES:
        taken.append(look(observer, server).snapshot)
    return tuple(taken)


def judge_cpu(_server: ServerTarget, taken: Sequence[Snapshot], target: Target) -> Verdict:
    """Green when containers and load leave room; a container's load is its machine's, not its."""
    expected = target.expectations
    least = min(taken, key=lambda one: one.cpu_share)
    load_limit = None if least.is_container else expected.load_per_core
    used = Measure("cpu", "all containers", least.cpu_share, Unit.SHARE, expected.cpu_share)
    load = Measure("load", "15 min a core", least.load_per_core, Unit.COUNT, load_limit)
    each = [
        Measure("cpu", named(one.name, target), one.cpu / least.cores, Unit.SHARE)
        for one in least.usage
    ]
    faults = []
    if used.is_over:
        busiest = max(each, key=lambda one: one.value)
        faults.append(f"the containers use {used} of {least.cores} cores, most {busiest.label}")
    if load.is_over:
        faults.append(f"the load of 15 minutes is {load} a core (limit {load.limit:g})")
    remedy = (
        f"{_SEE}mend what computes, or take a larger tier: a full server has no room for replicas"
    )
    fine = f"{used} of {least.cores} cores, load {'/'.join(f'{one:g}' for one in least.load)}"
    return (red("; ".join(faults), remedy) if faults else green(fine)).measured([used, load, *each])


def judge_memory(_server: ServerTarget, sight: Sight, target: Target) -> Verdict:
    """Green when the server, and each container that has a limit, have some left."""
    limit, found = target.expectations.memory_share, sight.snapshot
    limited = {life.id for life in found.lives if life.memory_limit}
    whole = Measure("memory", "server", found.memory_share, Unit.SHARE, limit)
    each = [
        Measure("memory", named(one.name, target), one.memory, Unit.SHARE, bound)
        for one in found.usage
        for bound in [limit if any(life.startswith(one.id) for life in limited) else None]
    ]
    over = [one for one in (whole, *each) if one.is_over]
    faults = [f"{one.label} uses {one} of its memory" for one in over]
    left = f"{found.memory_available / 1024**2:.1f} of {found.memory_total / 1024**2:.1f} GiB free"
    return (red("; ".join(faults), _of_memory(over, target)) if faults else green(left)).measured(
        [whole, *each]
    )


def judge_disk(_server: ServerTarget, sight: Sight, target: Target) -> Verdict:
    """Green when every file system has space left."""
    return _judge_share("disk", sight.snapshot.space, target.expectations.disk_share)


def judge_inodes(_server: ServerTarget, sight: Sight, target: Target) -> Verdict:
    """Green when every file system can take more files."""
    return _judge_share("inodes", sight.snapshot.inodes, target.expectations.inode_share)


def judge_restarts(_server: ServerTarget, sight: Sight, target: Target) -> Verdict:
    """Green when no container restarts over and over, and none was killed for its memory."""
    found, limit = sight.snapshot, target.expectations.restarts
    names = {life.id: named(life.name.lstrip("/"), target) for life in found.lives}
    loops = [
        f"{names[life.id]} restarted {life.restarts} times, the last time within the hour"
        for life in found.lives
        if life.restarts > limit and _is_recent(life, found.clock)
    ]
    killed = [f"{names[life.id]} ran out of memory" for life in found.lives if life.oom_killed]
    killed += [_killed(line, names) for line in found.oom_lines]
    most = max((life.restarts for life in found.lives), default=0)
    measures = [
        Measure("restarts", names[life.id], life.restarts, Unit.COUNT) for life in found.lives
    ]
    faults = list(dict.fromkeys(loops + killed))
    remedy = f"{_why_it_ends(faults, target)}; out of memory: find the leak, or take a larger tier"
    fine = f"none out of memory in 24 h, most restarts of a container: {most}"
    return (red("; ".join(faults), remedy) if faults else green(fine)).measured(measures)


def named(container: str, target: Target) -> str:
    """A container's name as people know it: 'nutri-backend-2' instead of Coolify's uuid."""
    for service in target.services:
        for number, application in enumerate(service.applications, 1):
            if container.startswith(application):
                return f"{service.name}-{number}"
    return container


def _judge_share(name: str, found: Iterable[FileSystem], limit: float) -> Verdict:
    measures = [Measure(name, one.mount, one.share, Unit.SHARE, limit) for one in found]
    full = [f"{one.label} is {one} full" for one in measures if one.is_over]
    fine = ", ".join(f"{one.label} {one}" for one in measures) or "no file system tells it"
    if full:
        remedy = _SEE + _of_space([one.label for one in measures if one.is_over])
        return red(f"{', '.join(full)} (limit {limit:.0%})", remedy).measured(measures)
    return green(fine).measured(measures)


def _of_space(mounts: Sequence[str]) -> str:
    """What gives space back: of Docker's file system it may be Docker."""
    delete = "delete what fills it, or take a larger tier"
    if _DOCKERS.isdisjoint(mounts):
        return delete
    return f"`runbook docker prune` frees what Docker does not use; else {delete}"


def _of_memory(over: Sequence[Measure], target: Target) -> str:
    """What gives memory back: a service of ours can be started anew, of others we know nothing."""
    ours = [one for one in map(partial(_service, target=target), over) if one]
    if not ours:
        return f"{_SEE}mend or end what leaks, or take a larger tier"
    return f"{_SEE}`runbook restart {ours[0]}` gives it back until it has leaked again"


def _service(measure: Measure, target: Target) -> str | None:
    """The service whose replica goes by a measure's label."""
    names = [one.name for one in target.services]
    return next((one for one in names if measure.label.rpartition("-")[0] == one), None)


def _why_it_ends(faults: Sequence[str], target: Target) -> str:
    """Where to read why the first of them ends; of what ended Docker has the last words."""
    name = faults[0].partition(" ")[0] if faults else ""
    service = name.rpartition("-")[0]
    if any(service == one.name for one in target.services):
        return f"see `runbook logs {service} --errors`"
    return f"see `runbook ssh -- docker logs --tail 100 {name}`"


def _is_recent(life: Life, now: float) -> bool:
    # Docker tells nanoseconds; Python reads microseconds.
    started = datetime.fromisoformat(life.started[:19] + "+00:00").timestamp()
    return now - started < _RECENT


def _killed(line: str, names: dict[str, str]) -> str:
    who = next((name for id_, name in names.items() if id_ in line), None)
    task = line.rpartition("task=")[2].partition(",")[0]
    return f"the kernel killed {task} of {who or 'the server'}: out of memory"


CPU = Check(
    "cpu", "D3", "CPU and load leave room", servers, collect_cpu, judge_cpu, proves_change=False
)
MEMORY = Check(
    "memory", "D3", "memory is left", servers, collect, judge_memory, proves_change=False
)
DISK = Check("disk", "D3", "disk space is left", servers, collect, judge_disk, proves_change=False)
INODES = Check(
    "inodes", "D3", "inodes are left", servers, collect, judge_inodes, proves_change=False
)
RESTARTS = Check(
    "restarts", "D3", "no container crashes", servers, collect, judge_restarts, proves_change=False
)
