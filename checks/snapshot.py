"""D3: what a server tells of its resources in one go, and how to read it; pure but for `SCRIPT`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# One connection for all of it. `df` ends with an error when any mount cannot be looked at.
SCRIPT = r"""set -eu
section() { printf '@@ %s\n' "$1"; }
section cores; nproc
section load; cat /proc/loadavg
section memory; cat /proc/meminfo
section space; df -P -k 2>/dev/null || true
section inodes; df -P -i 2>/dev/null || true
section stats; docker stats --no-stream --format '{{json .}}'
section containers; docker ps --all --quiet --no-trunc | xargs --no-run-if-empty docker inspect \
  --format '{"id":{{json .Id}},"name":{{json .Name}},"restarts":{{.RestartCount}},'\
'"started":{{json .State.StartedAt}},"running":{{.State.Running}},'\
'"oom_killed":{{.State.OOMKilled}},"memory_limit":{{.HostConfig.Memory}}}' || true
section oom; journalctl --dmesg --quiet --since=-24h --output=short-unix 2>/dev/null \
  | grep -F 'oom-kill:' || true
section container; systemd-detect-virt --container || true
section clock; date +%s.%N
"""

_PSEUDO = frozenset({"tmpfs", "devtmpfs", "udev", "shm", "none", "squashfs", "efivarfs"})
_NOT_OURS = re.compile(r"/(?:dev|proc|sys|run|boot/efi|etc/\w+|var/lib/docker/.+)(?:/|$)")
_PERCENT = re.compile(r"([\d.]+)%")

M = TypeVar("M", bound=BaseModel)


class SnapshotError(OperatorError):
    """The server's answer is not what was asked for."""


@dataclass(frozen=True)
class FileSystem:
    """One file system; `total` (what can be had) and `used` are KiB, or inodes."""

    mount: str
    total: int
    used: int

    @property
    def share(self) -> float:
        """Used part, 0 to 1."""
        return self.used / self.total if self.total else 0.0


@dataclass(frozen=True)
class Usage:
    """What one running container uses: CPU in cores, memory as part of its limit or of all."""

    id: str
    name: str
    cpu: float
    memory: float
    memory_text: str


class Life(BaseModel):
    """How one container has fared; `started` is RFC 3339, `memory_limit` bytes or 0."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    restarts: int
    started: str
    running: bool
    oom_killed: bool
    memory_limit: int


@dataclass(frozen=True)
class Snapshot:
    """A server at one moment. Memory is KiB, `clock` seconds since 1970."""

    cores: int
    load: tuple[float, float, float]
    memory_total: int
    memory_available: int
    space: tuple[FileSystem, ...]
    inodes: tuple[FileSystem, ...]
    usage: tuple[Usage, ...]
    lives: tuple[Life, ...]
    oom_lines: tuple[str, ...]
    is_container: bool
    """Then kernel and load are those of the machine around it."""
    clock: float

    @property
    def cpu_share(self) -> float:
        """Of all cores, the part that the containers use."""
        return sum(one.cpu for one in self.usage) / self.cores

    @property
    def memory_share(self) -> float:
        """Of the server's memory, the part that could not be had."""
        return 1 - self.memory_available / self.memory_total

    @property
    def load_per_core(self) -> float:
        """The load average of 15 minutes, a core."""
        return self.load[2] / self.cores


class _Stats(BaseModel):
    id: str = Field(alias="ID")
    name: str = Field(alias="Name")
    cpu: str = Field(alias="CPUPerc")
    memory: str = Field(alias="MemPerc")
    memory_text: str = Field(alias="MemUsage")


def parse(output: str) -> Snapshot:
    """What SCRIPT printed.

    Raises:
        SnapshotError: when a part is missing or of another form.
    """
    parts = sections(output)
    try:
        memory = _meminfo(parts["memory"])
        return Snapshot(
            cores=int(parts["cores"]),
            load=_load(parts["load"]),
            memory_total=memory["MemTotal"],
            memory_available=memory["MemAvailable"],
            space=file_systems(parts["space"]),
            inodes=file_systems(parts["inodes"]),
            usage=tuple(_usage(parts["stats"])),
            lives=tuple(_rows(Life, parts["containers"])),
            oom_lines=tuple(filter(str.strip, parts["oom"].splitlines())),
            is_container=parts["container"].strip() not in {"", "none"},
            clock=float(parts["clock"]),
        )
    except KeyError as error:
        raise SnapshotError(f"the server did not tell its {error.args[0]}") from error
    except (ValueError, ValidationError) as error:
        raise SnapshotError(f"the server tells its resources in another form: {error}") from error


def file_systems(output: str) -> tuple[FileSystem, ...]:
    """The real file systems of `df -P`, each once, by its shortest mount.

    Those without a size (as inodes on btrfs) are left out, and so are a container's own.
    """
    found: dict[str, FileSystem] = {}
    for source, one in _df_rows(output):
        if source in _PSEUDO or _NOT_OURS.match(one.mount) or not one.total:
            continue
        known = found.get(source)
        if known is None or len(one.mount) < len(known.mount):
            found[source] = one
    return tuple(sorted(found.values(), key=lambda one: one.mount))


def sections(output: str) -> Mapping[str, str]:
    """What a script printed, by the lines '@@ name' that it put between."""
    parts = re.split(r"^@@ (\w+)\n", output, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _load(text: str) -> tuple[float, float, float]:
    one, five, fifteen = map(float, text.split()[:3])
    return one, five, fifteen


def _meminfo(text: str) -> dict[str, int]:
    pairs = (line.split()[:2] for line in text.splitlines())
    return {name.rstrip(":"): int(value) for name, value in pairs}


def _df_rows(output: str) -> Iterator[tuple[str, FileSystem]]:
    for line in output.splitlines()[1:]:
        source, _size, used, free, _share, mount = line.split(maxsplit=5)
        if used != "-":
            # As df's own percentage: what is kept for root, or by a quota, cannot be had.
            yield source, FileSystem(mount, int(used) + int(free), int(used))


def _usage(text: str) -> Iterator[Usage]:
    for row in _rows(_Stats, text):
        if row.cpu != "--":  # a container that ended meanwhile
            cpu, memory = _share(row.cpu), _share(row.memory)
            yield Usage(row.id, row.name, cpu, memory, row.memory_text)


def _share(text: str) -> float:
    found = _PERCENT.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no percentage")
    return float(found[1]) / 100


def _rows(kind: type[M], text: str) -> Iterator[M]:
    for line in filter(str.strip, text.splitlines()):
        yield kind.model_validate(json.loads(line))
