"""E1: the proxy reads the files of its folder; one that it cannot read keeps it from all others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from checks.check import Check, servers
from checks.snapshot import sections
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checks.observer import Observer
    from common.target import ServerTarget, Target

FOLDER = "/data/coolify/proxy/dynamic"
SCRIPT = r"""set -eu
section() { printf '@@ %s\n' "$1"; }
section files; find /data/coolify/proxy/dynamic -type f -printf '%C@ %f\n' 2>/dev/null || true
section said; docker logs --timestamps coolify-proxy 2>&1 | grep -F 'watcher callback' |
  tail -n 20 | sed 's/\x1b\[[0-9;]*m//g' || true
section kept; systemctl list-units --plain --no-legend --state=active 'nutri-drain-*' || true
"""
_SAID = re.compile(r"^(\S+) .*?error=\"?/traefik/dynamic/([^:\"]+): ([^\n]*)$", re.MULTILINE)
_DRAIN = re.compile(r"nutri-drain-(.+)\.yaml")
_MICROSECONDS = 26  # of Docker's nine digits, Python 3.10 reads six


@dataclass(frozen=True)
class Complaint:
    """What the proxy said of a file, at a moment in seconds since 1970."""

    at: float
    file: str
    reason: str


@dataclass(frozen=True)
class Seen:
    """The folder's files with the moment of their last change, and what there is beside them."""

    files: Mapping[str, float]
    complaints: tuple[Complaint, ...]
    kept: tuple[str, ...]
    """Services whose requests are led past a container just now."""


def collect(observer: Observer, server: ServerTarget) -> Seen:
    """The folder, and what the proxy says of it."""
    return parse(observer.ssh(server).run(SCRIPT).stdout)


def parse(output: str) -> Seen:
    """What the script printed."""
    parts = sections(output)
    files = (line.split(" ", 1) for line in parts["files"].splitlines() if line)
    kept = re.findall(r"nutri-drain-(\S+)\.service", parts["kept"])
    complaints = tuple(
        Complaint(_moment(at), file, reason.split('" providerName')[0])
        for at, file, reason in _SAID.findall(parts["said"])
    )
    return Seen({name: float(at) for at, name in files}, complaints, tuple(kept))


def _moment(text: str) -> float:
    return datetime.fromisoformat(f"{text[:_MICROSECONDS].rstrip('Z')}+00:00").timestamp()


def judge(_server: ServerTarget, seen: Seen, _target: Target) -> Verdict:
    """Red where a file was not changed since the proxy could not read it, or is left over."""
    broken = {
        one.file: one.reason
        for one in seen.complaints
        if one.file in seen.files and seen.files[one.file] <= one.at
    }
    if broken:
        told = "; ".join(f"{FOLDER}/{file}: {reason}" for file, reason in broken.items())
        return red(
            f"the proxy cannot read {told}. While that is so it heeds no change of any file",
            "mend that file or move it out of the folder; then all files count again at once",
        )
    left = _left(seen)
    if left:
        return red(
            f"requests are led past containers by a file that nobody keeps: {', '.join(left)}",
            f"`runbook ssh -- rm {FOLDER}/{left[0]}`, once no deploy is under way",
        )
    return green(f"all {len(seen.files)} files are read")


def _left(seen: Seen) -> Sequence[str]:
    found = ((name, _DRAIN.fullmatch(name)) for name in sorted(seen.files))
    return [name for name, match in found if match and match.group(1) not in seen.kept]


PROXY_FILES = Check(
    "proxy-files", "E1", "the proxy reads the files of its folder", servers, collect, judge
)
