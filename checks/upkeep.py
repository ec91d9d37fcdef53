"""M1 and D1: pending reboot, pending security updates, the clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.check import Check, servers
from checks.measure import Measure, Unit
from checks.snapshot import SnapshotError, sections
from checks.verdict import Verdict, green, red, unknown

if TYPE_CHECKING:
    from checks.observer import Observer
    from common.target import ServerTarget, Target

# A server that is a container (a local one) has the kernel of the machine around it.
SCRIPT = r"""set -eu
section() { printf '@@ %s\n' "$1"; }
section container; systemd-detect-virt --container || true
section reboot; if [ -e /run/reboot-required ]; then echo wanted; fi
cat /run/reboot-required.pkgs 2>/dev/null || true
section kernel; uname --kernel-release
section newest; ls /boot | sed --quiet 's/^vmlinuz-//p' | sort --version-sort | tail --lines=1
section lists; ls /var/lib/apt/lists | grep --count InRelease || true
section updated; stat --format=%Y /var/lib/apt/lists/partial /var/lib/apt/periodic/*stamp \
  2>/dev/null | sort --numeric-sort | tail --lines=1
section now; date +%s
section upgrade; LC_ALL=C apt-get --simulate --quiet -o Debug::NoLocking=true upgrade
"""
_DAY = 86_400
# "Debian-Security:12/stable-security" on Debian, "Ubuntu:24.04/noble-security" on Ubuntu.
_UPDATE = re.compile(r"^Inst (?P<name>\S+) .*\((?P<origins>.*)\)", re.MULTILINE)


@dataclass(frozen=True)
class Upkeep:
    """What a server's package manager knows."""

    is_container: bool
    reboot_wanted: bool
    reboot_packages: tuple[str, ...]
    kernel: str
    newest_kernel: str
    has_lists: bool
    lists_age_days: float
    security_updates: tuple[str, ...]


def parse(output: str) -> Upkeep:
    """What SCRIPT printed.

    Raises:
        SnapshotError: when a part is missing or of another form.
    """
    parts = sections(output)
    try:
        reboot = parts["reboot"].split()
        age = int(parts["now"]) - int(parts["updated"].strip() or 0)
        return Upkeep(
            is_container=parts["container"].strip() not in {"", "none"},
            reboot_wanted=bool(reboot),
            reboot_packages=tuple(dict.fromkeys(reboot[1:])),
            kernel=parts["kernel"].strip(),
            newest_kernel=parts["newest"].strip(),
            has_lists=int(parts["lists"]) > 0,
            lists_age_days=age / _DAY,
            security_updates=tuple(_security_updates(parts["upgrade"])),
        )
    except (KeyError, ValueError) as error:
        raise SnapshotError(f"the server tells its updates in another form: {error}") from error


def collect_upkeep(observer: Observer, server: ServerTarget) -> Upkeep:
    """What the package manager knows, without asking the network."""
    return observer.once(
        ("upkeep", server.id), lambda: parse(observer.ssh(server).run(SCRIPT).stdout)
    )


def judge_reboot(_server: ServerTarget, found: Upkeep, target: Target) -> Verdict:
    """Green when no update waits for a reboot, and the newest kernel runs."""
    remedy = (
        f"{_window(target)}: `runbook server revive --force` reboots it, and sees it well again"
    )
    if found.reboot_wanted:
        why = f" for {', '.join(found.reboot_packages)}" if found.reboot_packages else ""
        return red(f"a reboot is pending{why}", remedy)
    if found.is_container:
        return green("no reboot is pending; a container has its machine's kernel")
    if found.newest_kernel and found.newest_kernel != found.kernel:
        return red(f"kernel {found.kernel} runs, {found.newest_kernel} is installed", remedy)
    return green(f"no reboot is pending, kernel {found.kernel}")


def judge_updates(_server: ServerTarget, found: Upkeep, target: Target) -> Verdict:
    """Green when no security update is pending, as far as fresh lists tell."""
    expected = target.expectations
    if found.is_container and not found.has_lists:
        return green("no package lists: a container's packages come with its image")
    if not found.has_lists or found.lists_age_days > expected.update_lists_days:
        age = f"are {found.lists_age_days:.0f} days old" if found.has_lists else "are missing"
        return unknown(
            f"the lists of updates {age}, so pending ones are not known",
            "apt-daily.timer should have got them: is it on, and does the archive answer?",
        )
    pending = found.security_updates
    measures = [Measure("security_updates", "pending", len(pending), Unit.COUNT)]
    if len(pending) > expected.security_updates:
        names = ", ".join(pending[:5]) + (", ..." if len(pending) > 5 else "")  # noqa: PLR2004
        return red(
            f"{len(pending)} security updates are pending: {names}",
            f"{_window(target)}: `runbook ssh -- apt-get upgrade --yes`",
        ).measured(measures)
    return green(f"{len(pending)} security updates are pending").measured(measures)


def _window(target: Target) -> str:
    return f"in the next maintenance window ({target.maintenance.window})"


def _security_updates(output: str) -> list[str]:
    return [found["name"] for found in _UPDATE.finditer(output) if "-security" in found["origins"]]


REBOOT = Check(
    "reboot",
    "M1",
    "no reboot is pending",
    servers,
    collect_upkeep,
    judge_reboot,
    proves_change=False,
)
UPDATES = Check(
    "updates",
    "M1",
    "no security update waits",
    servers,
    collect_upkeep,
    judge_updates,
    proves_change=False,
)
