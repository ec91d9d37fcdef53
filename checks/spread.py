"""S2: requests reach every replica, as the app tells it, or as its containers' counters do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks import counters
from checks.check import Check, speaking
from checks.maintenance import stands_in
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red
from checks.web import failed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checks.counters import Counted
    from checks.observer import Observer
    from checks.web import Answer
    from common.target import ServiceTarget, Target

_OK = 200
_REQUESTS_PER_REPLICA = 10
# Of the share that each would get of requests dealt out evenly.
_LEAST_SHARE = 0.25
# Told apart by their size from all else that a container receives: probes are a few hundred bytes.
# Servers take no more than 8 KiB in one header.
_PADDING = 7_000
_HEADERS = {"X-Spread-Check": "x" * _PADDING}


@dataclass(frozen=True)
class Spread:
    """Answers to requests, and what each application's container received meanwhile."""

    answers: tuple[Answer, ...] = ()
    received: Mapping[str, int] | None = None
    """Bytes; None where the answers themselves tell which container they are of."""
    inside: Mapping[str, Counted] | None = None
    """Of a service without a public name its containers, with the names they go by."""

    @property
    def failure(self) -> str | None:
        """Why a request came to nothing."""
        return failed(self.answers)


def collect_spread(observer: Observer, service: ServiceTarget) -> Spread:
    """Ten requests a replica, each over a fresh connection; inside nothing deals them out."""
    if not service.url:
        return Spread(inside=counters.count(observer))
    first = observer.web.get(service.url + service.health_path)
    more = range(_REQUESTS_PER_REPLICA * service.replicas)
    if "container_id" in first.fields:
        url = service.url + service.health_path
        return Spread((first, *(observer.web.get(url) for _ in more[1:])))
    url = service.url + service.live_path
    before = counters.count(observer)
    answers = tuple(observer.web.get(url, _HEADERS) for _ in more)
    after = counters.count(observer)
    return Spread(answers, received={name: _since(before, after, name) for name in after})


def _since(before: Mapping[str, Counted], after: Mapping[str, Counted], name: str) -> int:
    """What came in between; all of it, where the container is a new one."""
    earlier = before[name].received if name in before else 0
    return after[name].received - (earlier if earlier <= after[name].received else 0)


def judge_spread(service: ServiceTarget, seen: Spread, target: Target) -> Verdict:
    """Green when each replica got its part, and nobody else any."""
    if seen.inside is not None:
        return _judge_names(service, seen.inside)
    page = stands_in(service, seen.answers, target)
    if page:
        return page
    failed = [answer for answer in seen.answers if answer.status != _OK]
    if failed:
        why = failed[-1].failure or f"HTTP {failed[-1].status}"
        return red(
            f"{len(failed)} of {len(seen.answers)} requests failed ({why})",
            "see `runbook check health containers`",
        )
    if seen.received is None:
        return _judge_ids(service, seen.answers)
    return _judge_counters(service, len(seen.answers), seen.received)


def _remedy(service: ServiceTarget) -> str:
    return (
        f"see `runbook check containers`; if those are well, `runbook restart {service.name}` "
        "makes them anew; if it stays, `runbook ssh -- docker restart coolify-proxy`"
    )


def _judge_ids(service: ServiceTarget, answers: Sequence[Answer]) -> Verdict:
    """By the container that each answer names."""
    counts = Counter(str(answer.fields.get("container_id") or "no name") for answer in answers)
    measures = [
        Measure("answers", name, count, Unit.COUNT) for name, count in sorted(counts.items())
    ]
    said = f"{len(answers)} requests reached {len(counts)}"
    if len(counts) != service.replicas:
        names = ", ".join(sorted(counts))
        return red(
            f"{said} containers instead of {service.replicas}: {names}", _remedy(service)
        ).measured(measures)
    return green(f"{said} of {service.replicas} replicas").measured(measures)


def _judge_counters(service: ServiceTarget, requests: int, received: Mapping[str, int]) -> Verdict:
    """By the bytes that each replica's container received."""
    names = {one: f"{service.name}-{n}" for n, one in enumerate(service.applications, 1)}
    counts = {name: received.get(one, 0) / _PADDING for one, name in names.items()}
    measures = [Measure("answers", name, round(n), Unit.COUNT) for name, n in counts.items()]
    least = _LEAST_SHARE * requests / max(1, service.replicas)
    silent = [name for name, count in counts.items() if count < least]
    reached = len(counts) - len(silent)
    how = "by what their containers received"
    if silent or len(counts) != service.replicas:
        left = f"; none reached {', '.join(silent)}" * bool(silent)
        return red(
            f"{requests} requests reached {reached} containers instead of {service.replicas}, "
            f"{how}{left}",
            _remedy(service),
        ).measured(measures)
    return green(
        f"{requests} requests reached {reached} of {service.replicas} replicas, {how}"
    ).measured(measures)


def _judge_names(service: ServiceTarget, inside: Mapping[str, Counted]) -> Verdict:
    """By the service's name inside, which leads to every container that has it."""
    known = [
        one for one in service.applications if one in inside and service.name in inside[one].aliases
    ]
    said = f"inside, the name {service.name} leads to {len(known)} of {service.replicas} replicas"
    if len(known) == service.replicas:
        return green(said)
    return red(said, "see `runbook check containers`; then `pulumi up`")


SPREAD = Check(
    "spread", "S2", "requests reach all replicas", speaking, collect_spread, judge_spread
)
