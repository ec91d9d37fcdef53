"""What an update of a server does in place, by input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common.changes.acknowledgement import RESIZE
from common.changes.model import Change, Downtime, Finding, Risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SPARE = "spare"
"""Marks a server, or a key, that holds nothing the next `up` would not bring back."""

_RESIZE = Downtime(60, 300)
_POWER_CUT = Downtime(30, 180)
_REATTACH = Downtime(5, 60)
_CUT = "the power is cut, and what is not written to disk yet is lost"


def _is_spare(properties: Mapping[str, Any]) -> bool:
    labels = properties.get("labels")
    return isinstance(labels, dict) and SPARE in labels


def _server_type(change: Change) -> Iterator[Finding]:
    old, new = change.old.get("serverType"), change.new.get("serverType")
    if old == new:
        return
    yield Finding(
        Risk.DOWNTIME,
        f"{old} becomes {new}: it is shut down, changed and started",
        _RESIZE,
        acknowledge=f"{RESIZE}{new}",
        in_window=True,
        needs_backup=not _is_spare(change.new),
    )
    if change.new.get("keepDisk") is not True:
        why = "the disk grows for good (keepDisk is false): the way back to a smaller type is a"
        yield Finding(
            Risk.DATA_LOSS, f"{why} new server with an empty disk", acknowledge="keepDisk"
        )


def _backups(change: Change) -> Iterator[Finding]:
    if change.turns_off("backups"):
        why = "backups are switched off, and ALL existing backups go at once"
        yield Finding(Risk.DATA_LOSS, why, acknowledge="backups")


def _nets(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    blocks = properties.get("publicNets") or [{}]
    return blocks[0] if isinstance(blocks, list) and isinstance(blocks[0], dict) else {}


def _loses_made_address(old: Mapping[str, Any], new: Mapping[str, Any], family: str) -> bool:
    """Whether an address that came with the server, so has no id of its own, is given up."""
    made = old.get(f"{family}Enabled", True) and not old.get(family)
    stays = new.get(f"{family}Enabled", True) and not new.get(family)
    return bool(made and not stays)


def _public_nets(change: Change) -> Iterator[Finding]:
    if "publicNets" not in change.changed:
        return
    yield Finding(Risk.DOWNTIME, f"public addresses change: {_CUT}", _POWER_CUT)
    old, new = _nets(change.old), _nets(change.new)
    lost = [f for f in ("ipv4", "ipv6") if _loses_made_address(old, new, f)]
    if lost:
        why = f"the auto-made {' and '.join(lost)} goes for good, with DNS still pointing to it"
        yield Finding(Risk.ADDRESS_LOSS, why, acknowledge="publicNets")


def _reset(key: str, what: str) -> Callable[[Change], Iterator[Finding]]:
    def rule(change: Change) -> Iterator[Finding]:
        if key in change.changed:
            yield Finding(Risk.DOWNTIME, f"{what}: the server is reset, {_CUT}", _POWER_CUT)

    return rule


def _networks(change: Change) -> Iterator[Finding]:
    if "networks" in change.changed:
        why = "private addresses are detached and attached anew"
        yield Finding(Risk.DOWNTIME, why, _REATTACH)


def _firewalls(change: Change) -> Iterator[Finding]:
    if "firewallIds" not in change.changed:
        return
    if change.new.get("firewallIds"):
        yield Finding(Risk.EXPOSURE, "other firewalls: for a moment other rules hold")
    else:
        yield Finding(Risk.EXPOSURE, "no firewall is left: every port is open to the world")


def _placement_group(change: Change) -> Iterator[Finding]:
    if "placementGroupId" in change.changed:
        why = "the API refuses this for a server that runs: switch it off first"
        yield Finding(Risk.DOWNTIME, why, _POWER_CUT)


RULES: tuple[Callable[[Change], Iterator[Finding]], ...] = (
    _server_type,
    _backups,
    _public_nets,
    _reset("iso", "another ISO"),
    _reset("rescue", "rescue mode changes"),
    _networks,
    _firewalls,
    _placement_group,
)
