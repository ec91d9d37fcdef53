"""D1: the services say they are healthy, and answer fast."""

from __future__ import annotations

import statistics
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
_LATENCY_SAMPLES = 5
_MILLISECONDS = 1000


def collect_health(observer: Observer, service: ServiceTarget) -> Answer:
    """One request for the health path."""
    return observer.web.get(service.url + service.health_path)


def judge_health(service: ServiceTarget, answer: Answer, target: Target) -> Verdict:
    """Green on HTTP 200 with the status word "healthy"."""
    page = stands_in(service, (answer,), target)
    if page:
        return page
    place = service.url + service.health_path
    remedy = (
        f"see `runbook status` and `runbook logs {service.name}`; "
        "if the newest tag is at fault, set the previous one and `pulumi up`"
    )
    if answer.failure:
        return red(f"{place}: {answer.failure}", remedy)
    word = answer.fields.get("status")
    if answer.status != _OK:
        said = f', status "{word}"' if word else ""
        return red(f"{place} answers HTTP {answer.status}{said} instead of 200", remedy)
    if word != "healthy":
        return red(f'{place} has status {word!r} instead of "healthy"', remedy)
    return green(f"{place} is healthy")


def collect_latency(observer: Observer, service: ServiceTarget) -> tuple[Answer, ...]:
    """A few requests for the liveness path, one after another."""
    url = service.url + service.live_path
    return tuple(observer.web.get(url) for _ in range(_LATENCY_SAMPLES))


def judge_latency(service: ServiceTarget, answers: tuple[Answer, ...], target: Target) -> Verdict:
    """Green when all answer 200 and their median is within the budget."""
    page = stands_in(service, answers, target)
    if page:
        return page
    place = service.url + service.live_path
    bad = [answer for answer in answers if answer.status != _OK]
    if bad:
        why = bad[-1].failure or f"HTTP {bad[-1].status}"
        return red(
            f"{place}: {len(bad)} of {len(answers)} requests failed ({why})",
            f"see `runbook check health` and `runbook logs {service.name}`",
        )
    median = statistics.median(answer.seconds for answer in answers) * _MILLISECONDS
    budget = target.expectations.live_latency_ms
    measures = [
        Measure("live", str(number), one.seconds, Unit.SECONDS, budget / _MILLISECONDS)
        for number, one in enumerate(answers, 1)
    ]
    if median >= budget:
        return red(
            f"{place} takes {median:.0f} ms (median of {len(answers)}), the budget is {budget} ms",
            "see the load by `runbook resources`; "
            "then more replicas or a larger tier, and `pulumi up`",
        ).measured(measures)
    return green(f"{median:.0f} ms (budget {budget} ms)").measured(measures)


HEALTH = Check("health", "D1", "says it is healthy", services, collect_health, judge_health)
LATENCY = Check("latency", "D1", "answers fast", services, collect_latency, judge_latency)
