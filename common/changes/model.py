"""A change, and what there is to say about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE = 60
_HOUR = 60 * _MINUTE
# `hcloud:index/server:Server` and, for resources of ours, `pulumi-python:dynamic/nutri:KeyPair`.
_TYPE = re.compile(r"(?:pulumi-python:dynamic/)?(?P<package>[^:/]+):(?:.*:)?(?P<noun>[^:]+)")


class Op(StrEnum):
    """What the engine does to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"

    @property
    def removes(self) -> bool:
        """Whether the resource that is there goes."""
        return self in {Op.REPLACE, Op.DELETE}


class Risk(StrEnum):
    """What may be lost, the least first."""

    NONE = "none"
    EXPOSURE = "exposure"
    DOWNTIME = "downtime"
    ADDRESS_LOSS = "address loss"
    DATA_LOSS = "data loss"

    @property
    def severity(self) -> int:
        """Rank among the risks; 0 is none."""
        return list(Risk).index(self)


@dataclass(frozen=True)
class Downtime:
    """How long something is away, in seconds, at least and at most."""

    least: int
    most: int

    def __str__(self) -> str:
        """As in `1-5 min`, `0-60 s` or `up to 24 h`."""
        if self.most > 2 * _HOUR:
            return f"up to {round(self.most / _HOUR)} h"
        if self.most > 2 * _MINUTE:
            return f"{round(self.least / _MINUTE)}-{round(self.most / _MINUTE)} min"
        return f"{self.least}-{self.most} s"


@dataclass(frozen=True)
class Finding:
    """One thing a change does besides what was wanted."""

    risk: Risk
    why: str
    """One sentence for the operator, without its full stop."""
    downtime: Downtime | None = None
    acknowledge: str | None = None
    """What has to be acknowledged before it may happen; None: a warning is enough."""
    in_window: bool = False
    """Within the maintenance window it may happen without being acknowledged."""
    needs_backup: bool = False
    """It may only happen while there is a fresh backup to go back to, whatever is acknowledged."""


@dataclass(frozen=True)
class Change:
    """One resource and what the engine is about to do to it."""

    op: Op
    type: str
    name: str
    old: Mapping[str, Any] = field(default_factory=dict)
    """The last known properties: inputs, overlaid by outputs."""
    new: Mapping[str, Any] = field(default_factory=dict)
    """The inputs as they will be."""
    changed: frozenset[str] = frozenset()
    """Inputs that differ."""

    @property
    def kind(self) -> str:
        """Package and noun, as in `hcloud/Server` or `nutri/KeyPair`."""
        return kind(self.type)

    def turns_off(self, key: str) -> bool:
        """Whether a switch that is on will be off."""
        return self.old.get(key) is True and self.new.get(key) is not True

    def turns_on(self, key: str) -> bool:
        """Whether a switch that is off will be on."""
        return self.old.get(key) is not True and self.new.get(key) is True


def kind(type_token: str) -> str:
    """Return package and noun of the engine's type token."""
    match = _TYPE.fullmatch(type_token)
    return f"{match['package']}/{match['noun']}" if match else type_token


def changed_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> frozenset[str]:
    """Return the inputs that differ; the engine's own keys start with two underscores."""
    keys = {key for key in {*old, *new} if not key.startswith("__")}
    return frozenset(key for key in keys if old.get(key) != new.get(key))
