"""What a deploy rolls: which containers, in which order, how long, and what is away meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.changes import Downtime, Op
from common.changes.updates import NO_ROLLOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from common.changes import Change

_APPLICATION = "coolify/Application"
_SHOWN = ("image", "tag", "version", "count", "serverType", "loadBalancerType", "ttl", "replicas")
"""Properties that are no secret, and whose values say what a change is."""


@dataclass(frozen=True)
class Roll:
    """One container that is made anew."""

    name: str
    what: str
    """What differs, old and new."""
    away: bool
    """Whether its service is away meanwhile."""
    took: Downtime
    """How long it takes, at least and at most; pulling its image comes on top."""

    def __str__(self) -> str:
        """On one line."""
        meanwhile = "its service is away meanwhile" if self.away else "its service serves on"
        return f"{self.name}: {self.what}; {self.took}, {meanwhile}"


def values(change: Change) -> str:
    """Every input that differs, with old and new where they may be shown."""
    return ", ".join(_value(change, key) for key in sorted(change.changed))


def _value(change: Change, key: str) -> str:
    old, new = change.old.get(key), change.new.get(key)
    if key not in _SHOWN or not _is_plain(old) or not _is_plain(new) or old == new:
        return key
    return f"{key} {_text(old)} -> {_text(new)}"


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def rolls(changes: Sequence[Change]) -> tuple[Roll, ...]:
    """Every container that an update makes anew, in the order of the update.

    Of a platform that is made there are none: nobody is served yet.
    """
    running = [one for one in changes if one.kind == _APPLICATION and one.op is not Op.CREATE]
    return tuple(_rolls(changes, running)) if running else ()


def _rolls(changes: Sequence[Change], running: Sequence[Change]) -> Iterator[Roll]:
    beside: dict[str, int] = {}
    for one in running:
        beside[_service(one)] = beside.get(_service(one), 0) + (one.op is not Op.DELETE)
    for one in changes:
        if one.kind != _APPLICATION or not _is_new(one):
            continue
        first = one.op is Op.CREATE
        what = "one more" if first else values(one)
        away = not first and (_stops_first(one.new) or one.op is Op.REPLACE)
        yield Roll(one.name, what, away and beside[_service(one)] < _TWO, _takes(one.new))


_TWO = 2


def _is_new(change: Change) -> bool:
    if change.op is Op.UPDATE:
        return bool(change.changed - NO_ROLLOUT)
    return change.op in {Op.CREATE, Op.REPLACE}


def _service(change: Change) -> str:
    return change.name.rpartition("-")[0]


def _stops_first(properties: Mapping[str, Any]) -> bool:
    return properties.get("rollout") == "stop-first"


def _takes(properties: Mapping[str, Any]) -> Downtime:
    health, grace = properties.get("health") or {}, properties.get("stop_grace_seconds") or 0
    interval, start = health.get("interval") or 0, health.get("start_period") or 0
    checks = (health.get("retries") or 0) * (interval + (health.get("timeout") or 0))
    return Downtime(int(interval), int(start + checks + grace))


def summary(rolling: Sequence[Roll]) -> Iterator[str]:
    """What a reviewer wants to know of a deploy."""
    least = sum(one.took.least for one in rolling)
    most = sum(one.took.most for one in rolling)
    yield f"rolls {len(rolling)} container{'s' * (len(rolling) != 1)}, one after another:"
    yield from (f"{number}. {one}" for number, one in enumerate(rolling, 1))
    yield f"takes {Downtime(least, most)}, and the pulling of images"
    gone = list(dict.fromkeys(one.name.rpartition("-")[0] for one in rolling if one.away))
    lost = f"requests to {', '.join(gone)} while it is away" if gone else "no request"
    yield f"lost: {lost}; nothing that is stored"
