"""M2: Coolify has the variables that the services were given, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.agreed import agreed
from checks.check import Check, services
from checks.verdict import Verdict, green, red
from clients.coolify import variables
from clients.coolify.client import over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks.observer import Observer
    from common.target import ServiceTarget, Target

Drift = tuple[tuple[str, ...], ...]
"""What differs, of each replica in turn."""


def collect(observer: Observer, service: ServiceTarget) -> Drift:
    """What Coolify has beside what it was given; values end here, fingerprints go on."""
    target = observer.target.coolify
    key = target.token.get_secret_value()
    with over(observer.ssh(observer.target.servers[0]), target) as client:
        return tuple(
            tuple(variables.drift(variables.read(client, one), service.variables, key))
            for one in service.applications
        )


def judge(service: ServiceTarget, drift: Drift, _target: Target) -> Verdict:
    """Green when each replica has what it was given, byte for byte."""
    found: dict[str, list[str]] = {}
    for number, told in enumerate(drift, 1):
        for one in told:
            found.setdefault(one, []).append(str(number))
    if not found:
        return green(f"{len(service.variables)} variables, each as it was given")
    return red(
        "; ".join(_in_words(one, numbers, service) for one, numbers in found.items()),
        f"see `runbook env diff {service.name}`; take it into the stack's config, or let it go: "
        + agreed(let_go(service, [n for n, told in enumerate(drift, 1) if told])),
    )


def let_go(service: ServiceTarget, replicas: Sequence[int]) -> list[str]:
    """What the guard wants to be named, before variables set in the dashboard go."""
    return [f"{service.name}-{number}:variables" for number in replicas]


def _in_words(told: str, numbers: list[str], service: ServiceTarget) -> str:
    return told if len(numbers) == service.replicas else f"{told} (replica {', '.join(numbers)})"


VARIABLES = Check(
    "variables",
    "M2",
    "its variables are as given",
    services,
    collect,
    judge,
    proves_change=False,
)
