"""S2: requests reach every replica, and all of them serve the expected version."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from checks.check import Check, services
from checks.maintenance import stands_in
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from checks.observer import Observer
    from checks.web import Answer
    from common.target import ServiceTarget, Target

_OK = 200
_NOT_FOUND = 404
_REQUESTS_PER_REPLICA = 10
_VERSIONS_PER_REPLICA = 2
_VERSION_PATH = "/version"


def collect_spread(observer: Observer, service: ServiceTarget) -> tuple[Answer, ...]:
    """Ten requests a replica for the health path, each over a fresh connection."""
    url = service.url + service.health_path
    return tuple(observer.web.get(url) for _ in range(_REQUESTS_PER_REPLICA * service.replicas))


def judge_spread(service: ServiceTarget, answers: tuple[Answer, ...], target: Target) -> Verdict:
    """Green when the answers name exactly as many containers as there are replicas."""
    page = stands_in(service, answers, target)
    if page:
        return page
    failed = [answer for answer in answers if answer.status != _OK]
    if failed:
        why = failed[-1].failure or f"HTTP {failed[-1].status}"
        return red(
            f"{len(failed)} of {len(answers)} requests failed ({why})",
            "see `runbook check health containers`",
        )
    names = {str(answer.fields.get("container_id") or "") for answer in answers}
    if "" in names:
        return red(
            f"{service.health_path} tells no `container_id`, so the spread cannot be seen",
            "deploy an image whose health answer has it",
        )
    counts = Counter(str(answer.fields["container_id"]) for answer in answers)
    measures = [
        Measure("answers", name, count, Unit.COUNT) for name, count in sorted(counts.items())
    ]
    if len(names) != service.replicas:
        return red(
            f"{len(answers)} requests reached {len(names)} containers "
            f"instead of {service.replicas}: {', '.join(sorted(names))}",
            "compare `runbook check containers`; if those are well, restart the proxy: "
            "`runbook ssh -- docker restart coolify-proxy`",
        ).measured(measures)
    return green(
        f"{len(answers)} requests reached {len(names)} of {service.replicas} replicas"
    ).measured(measures)


def collect_version(observer: Observer, service: ServiceTarget) -> tuple[Answer, ...]:
    """Two requests a replica for the version."""
    url = service.url + _VERSION_PATH
    return tuple(observer.web.get(url) for _ in range(_VERSIONS_PER_REPLICA * service.replicas))


def judge_version(service: ServiceTarget, answers: tuple[Answer, ...], target: Target) -> Verdict:
    """Green when every answer names the tag; a service without that path is let be."""
    page = stands_in(service, answers, target)
    if page:
        return page
    if all(answer.status == _NOT_FOUND for answer in answers):
        return green(f"tells no version at {_VERSION_PATH}; `containers` checks the image")
    failed = [answer for answer in answers if answer.status != _OK]
    if failed:
        why = failed[-1].failure or f"HTTP {failed[-1].status}"
        return red(f"{_VERSION_PATH}: {why}", "see `runbook check health containers`")
    served = {version_of(answer) for answer in answers}
    if served != {service.tag}:
        return red(
            f"serves version {', '.join(sorted(served))} instead of {service.tag}",
            "an old container still gets requests, or the tag names another build; "
            "see `runbook check containers`, then `pulumi up`",
        )
    return green(f"serves {service.tag}")


def version_of(answer: Answer) -> str:
    """The version an answer tells: its field `version`, or its whole text."""
    return str(answer.fields.get("version") or answer.body.strip()[:80])


SPREAD = Check(
    "spread", "S2", "requests reach all replicas", services, collect_spread, judge_spread
)
VERSION = Check(
    "version", "M2", "serves the deployed version", services, collect_version, judge_version
)
