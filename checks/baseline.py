"""M1: the server is set up as every server is, part by part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.check import Check, servers
from checks.snapshot import SnapshotError, sections
from checks.verdict import Verdict, green, red
from common import baseline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from checks.observer import Observer
    from common.target import ServerTarget, Target

SCRIPT = rf"""set -eu
section() {{ printf '@@ %s\n' "$1"; }}
section container; systemd-detect-virt --container || true
section swap; swapon --show=SIZE --bytes --noheadings || true
section kernel; sysctl --ignore {" ".join(baseline.SYSCTLS)} 2>/dev/null || true
section files; systemctl show --property=DefaultLimitNOFILESoft --value
section updates; apt-config dump | grep -E '^(APT::Periodic|Unattended-Upgrade)::' || true
dpkg-query -W -f '${{Package}} ${{db:Status-Status}}\n' unattended-upgrades 2>/dev/null || true
section sshd; sshd -T
section journal; systemd-analyze cat-config systemd/journald.conf | grep '^SystemMaxUse=' || true
section docker; cat /etc/docker/daemon.json 2>/dev/null || true
section clock; timedatectl show --property=NTP --value || true
section tools
for tool in htop ncdu jq curl git; do command -v "$tool" >/dev/null || echo "$tool"; done
"""
_REMEDY = "the step sets it again: `pulumi up --replace '**::baseline*'`"
_CONTAINER_LOGS = "logs of containers may fill the disk (log-opts in /etc/docker/daemon.json)"
_SWAP_SHARE = 0.9  # of the size, for the header


@dataclass(frozen=True)
class Setup:
    """What a server says of its set-up, by part."""

    parts: Mapping[str, str]

    @property
    def is_container(self) -> bool:
        """Whether memory, clock and most of the kernel are those of the machine around it."""
        return self.parts["container"].strip() not in {"", "none"}

    def lacking(self) -> Iterator[str]:
        """Each part that is not as it should be."""
        if not self.is_container:
            yield from self._memory_and_clock()
        yield from self._kernel()
        yield from self._files()
        yield from self._updates()
        yield from self._sshd()
        yield from self._logs()
        if tools := self.parts["tools"].split():
            yield f"tools are missing: {', '.join(tools)}"

    def _memory_and_clock(self) -> Iterator[str]:
        swap = sum(map(int, self.parts["swap"].split()))
        if swap < baseline.SWAP_BYTES * _SWAP_SHARE:
            yield f"swap of {swap / 2**30:.1f} GiB instead of {baseline.SWAP_BYTES / 2**30:.0f}"
        if self.parts["clock"].strip() != "yes":
            yield "the clock is not kept by NTP"

    def _kernel(self) -> Iterator[str]:
        found = dict(re.findall(r"^(\S+) = (.*)$", self.parts["kernel"], re.MULTILINE))
        for name, wanted in baseline.SYSCTLS.items():
            seen = str(found.get(name, "nothing")).strip()
            if seen != wanted and (not self.is_container or baseline.of_a_container(name)):
                yield f"{name} is {seen} instead of {wanted}"

    def _files(self) -> Iterator[str]:
        limit = self.parts["files"].strip()
        if limit != "infinity" and int(limit) < baseline.OPEN_FILES:
            yield f"a service may open {limit} files instead of {baseline.OPEN_FILES}"

    def _updates(self) -> Iterator[str]:
        said = self.parts["updates"]
        if "unattended-upgrades installed" not in said:
            yield "unattended-upgrades is not installed"
        if 'APT::Periodic::Unattended-Upgrade "1"' not in said:
            yield "security updates are not installed by themselves"
        if 'Unattended-Upgrade::Automatic-Reboot "false"' not in said:
            yield "an update may reboot the server by itself"

    def _sshd(self) -> Iterator[str]:
        pairs = (line.split(maxsplit=1) for line in self.parts["sshd"].splitlines())
        found = {pair[0].lower(): pair[-1].lower() for pair in pairs if pair}
        for name, wanted in baseline.SSHD.items():
            # sshd tells prohibit-password by its old name.
            seen = found.get(name.lower(), "nothing").replace("without-password", wanted)
            if seen != wanted:
                yield f"sshd has {name} {seen} instead of {wanted}"

    def _logs(self) -> Iterator[str]:
        if "SystemMaxUse=" not in self.parts["journal"]:
            yield "the journal may fill the disk"
        if '"max-size"' not in self.parts["docker"]:
            yield _CONTAINER_LOGS


def parse(output: str) -> Setup:
    """What SCRIPT printed.

    Raises:
        SnapshotError: when a part is missing.
    """
    parts = sections(output)
    names = set(re.findall(r"^section (\w+)", SCRIPT, re.MULTILINE))
    if set(parts) != names:
        raise SnapshotError("the server tells its set-up in another form")
    return Setup(parts)


def collect(observer: Observer, server: ServerTarget) -> Setup:
    """All parts at once."""
    return parse(observer.ssh(server).run(SCRIPT).stdout)


def _remedy(lacking: list[str]) -> str:
    """What sets it again; Docker has to be restarted for its part, and that waits for a window."""
    if _CONTAINER_LOGS not in lacking:
        return _REMEDY
    docker = (
        'in a maintenance window: add `"log-opts": {"max-size": "10m", "max-file": "3"}` to '
        "/etc/docker/daemon.json, then `runbook docker restart`"
    )
    return f"{_REMEDY}; {docker}" if len(lacking) > 1 else docker


def judge(_server: ServerTarget, found: Setup, _target: Target) -> Verdict:
    """Green when no part is lacking."""
    lacking = list(found.lacking())
    if lacking:
        return red("; ".join(lacking), _remedy(lacking))
    of = " (a container has its machine's memory and clock)" if found.is_container else ""
    return green(f"memory, kernel, limits, updates, SSH and logs as set up{of}")


BASELINE = Check(
    "baseline", "M1", "the server is set up", servers, collect, judge, proves_change=False
)
