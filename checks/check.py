"""What a check is: evidence taken by I/O, and a pure verdict on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checks.observer import Observer
    from checks.verdict import Verdict
    from common.target import CoolifyTarget, ServerTarget, ServiceTarget, Target

S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Check(Generic[S, E]):
    """One thing that must be true of each of its subjects."""

    id: str
    """Short name used on the command line and in reports."""
    runbook: str
    """Procedure of the runbook it belongs to: D1, E1, ..."""
    title: str
    """What must be true, in a few words."""
    subjects: Callable[[Target], Mapping[str, S]]
    """The things to look at, by name."""
    collect: Callable[[Observer, S], E]
    """Takes evidence; raises when none can be had."""
    judge: Callable[[S, E, Target], Verdict]
    """Pure: concludes from the evidence."""
    proves_change: bool = True
    """Whether a change is not done before it is green; else it is about the running of things."""
    on_request: bool = False
    """Whether it runs only when named: it takes long, or needs more than a target."""


AnyCheck = Check[Any, Any]


def services(target: Target) -> Mapping[str, ServiceTarget]:
    """Every service of the app."""
    return {service.name: service for service in target.services}


def speaking(target: Target) -> Mapping[str, ServiceTarget]:
    """The services that speak HTTP, to the world or inside alone."""
    return {name: service for name, service in services(target).items() if service.http}


def public(target: Target) -> Mapping[str, ServiceTarget]:
    """The services that the world reaches by a name of their own."""
    return {name: service for name, service in speaking(target).items() if service.url}


def servers(target: Target) -> Mapping[str, ServerTarget]:
    """Every server of the platform."""
    return {server.name: server for server in target.servers}


def lasting_servers(target: Target) -> Mapping[str, ServerTarget]:
    """The servers whose disk and address have to be kept: not those the next `up` can replace."""
    return {server.name: server for server in target.servers if not server.member}


def coolify(target: Target) -> Mapping[str, CoolifyTarget]:
    """The one Coolify."""
    return {"coolify": target.coolify}
