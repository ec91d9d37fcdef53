"""What updates of resources other than servers do in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.changes import firewall, server
from common.changes.acknowledgement import SETTING, VARIABLES, VOLUMES
from common.changes.model import Change, Downtime, Finding, Risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rule = Callable[[Change], Iterator[Finding]]

NO_ROLLOUT = frozenset({"connection", "bound", "drift", "agreed", "ssh"})
"""Inputs of an application that its container knows nothing of."""
_ADDRESSES = frozenset({"A", "AAAA", "CNAME"})
_DEFAULT_TTL_SECONDS = 3600


def _protection(change: Change) -> Iterator[Finding]:
    flags = ("deleteProtection", "rebuildProtection", "changeProtection")
    off = [flag for flag in flags if change.turns_off(flag)]
    if off:
        why = f"{' and '.join(off)} off: the next mistake meets no resistance"
        yield Finding(Risk.EXPOSURE, why, acknowledge="protection")


def _auto_delete(change: Change) -> Iterator[Finding]:
    if change.turns_on("autoDelete"):
        why = "from now on the address goes with the server it is assigned to"
        yield Finding(Risk.ADDRESS_LOSS, why, acknowledge="autoDelete")


def _moves(key: str, what: str) -> Rule:
    def rule(change: Change) -> Iterator[Finding]:
        if key in change.changed:
            yield Finding(Risk.DOWNTIME, what, Downtime(10, 120))

    return rule


def _records(change: Change) -> Iterator[Finding]:
    if "records" in change.changed and change.old.get("type") in _ADDRESSES:
        ttl = change.old.get("ttl")
        seconds = int(ttl) if isinstance(ttl, int | float) and ttl else _DEFAULT_TTL_SECONDS
        why = "whoever asked before goes to the old address until the TTL is over"
        yield Finding(Risk.DOWNTIME, why, Downtime(0, seconds))


def _variables(change: Change) -> Iterator[Finding]:
    drift = change.old.get("drift") or []
    if drift and change.new.get("agreed"):
        why = f"variables set in Coolify's dashboard go: {'; '.join(drift)}"
        yield Finding(Risk.DATA_LOSS, why, acknowledge=VARIABLES)
    elif drift:
        why = (
            f"variables were set in Coolify's dashboard, and stay: {'; '.join(drift)}; take them"
            f" into the stack's config, or let them go by {change.name}:{VARIABLES} in {SETTING}"
        )
        yield Finding(Risk.EXPOSURE, why)


def _volumes(change: Change) -> Iterator[Finding]:
    gone = sorted(set(change.old.get("volumes") or {}) - set(change.new.get("volumes") or {}))
    if gone:
        why = f"it is without its volumes {', '.join(gone)}, and all that is on them"
        yield Finding(Risk.DATA_LOSS, why, acknowledge=VOLUMES)


def _rollout(change: Change) -> Iterator[Finding]:
    if not change.changed - NO_ROLLOUT:
        return
    if change.new.get("rollout") == "stop-first":
        health, grace = change.new.get("health") or {}, change.new.get("stop_grace_seconds") or 0
        start = health.get("start_period") or 0
        why = "its container stops before the new one starts, since two do not fit"
        yield Finding(Risk.DOWNTIME, why, Downtime(int(start), int(start + grace + _NEXT_SECONDS)))
    else:
        why = "rolled out one replica after another; a service of one replica pauses meanwhile"
        yield Finding(Risk.NONE, why)


def _replicas(change: Change) -> Iterator[Finding]:
    old, new = change.old.get("count") or 0, change.new.get("count") or 0
    volumes = change.old.get("volumes")
    if volumes and new < old:
        why = f"{old - new:g} replicas go, each with its volumes {', '.join(volumes)}"
        yield Finding(Risk.DATA_LOSS, why, acknowledge=VOLUMES)


def _coolify(change: Change) -> Iterator[Finding]:
    if "version" in change.changed and change.old.get("version"):
        why = (
            f"Coolify goes from {change.old['version']} to {change.new.get('version')}: its "
            "database is kept first, its installer runs on the server, and its API is away "
            "meanwhile; the "
            "app's containers and the proxy serve on, and nothing of them is made anew"
        )
        yield Finding(Risk.EXPOSURE, why, Downtime(60, 300))


def _proxy(change: Change) -> Iterator[Finding]:
    if "options" in change.changed:
        why = "the proxy restarts: connections are cut, and for seconds nobody is let in"
        yield Finding(Risk.DOWNTIME, why, Downtime(2, 20))


def _command(_change: Change) -> Iterator[Finding]:
    yield Finding(Risk.NONE, "the step runs again on the server")


_NEXT_SECONDS = 10
"""Until the next container begins once one has ended."""
_TO_SERVER = "it is detached from its server and attached anew"

RULES: dict[str, tuple[Rule, ...]] = {
    "hcloud/Server": (*server.RULES, _protection),
    "hcloud/PrimaryIp": (_auto_delete, _protection, _moves("assigneeId", _TO_SERVER)),
    "hcloud/FloatingIp": (_protection, _moves("serverId", _TO_SERVER)),
    "hcloud/Volume": (_protection, _moves("serverId", _TO_SERVER)),
    "hcloud/Network": (_protection,),
    "hcloud/LoadBalancer": (
        _protection,
        _moves("loadBalancerType", "connections break while its type changes"),
    ),
    "hcloud/Zone": (
        _protection,
        _moves("primaryNameservers", "other name servers are asked for the zone"),
    ),
    "hcloud/ZoneRrset": (_records, _protection),
    "hcloud/StorageBox": (_protection,),
    "hcloud/Firewall": (firewall.of_rules,),
    "coolify/Application": (_variables, _volumes, _rollout),
    "coolify/Instance": (_coolify,),
    "coolify/Replicas": (_replicas,),
    "coolify/Proxy": (_proxy,),
    "command/Command": (_command,),
}


def of_update(change: Change) -> list[Finding]:
    """Say what an update in place does."""
    return [found for rule in RULES.get(change.kind, ()) for found in rule(change)]
