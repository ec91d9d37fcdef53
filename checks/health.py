"""D1: the services say they are healthy, and answer fast."""

from __future__ import annotations

import re
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING

from checks.check import Check, speaking
from checks.inside import Asked, ask
from checks.maintenance import stands_in
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checks.observer import Observer
    from checks.web import Answer
    from common.target import ServiceTarget, Target

_OK = 200
_LATENCY_SAMPLES = 5
_MILLISECONDS = 1000
_HEALTHY = "healthy"
_DEGRADED = "degraded"
_WELL = frozenset({"healthy", "ok", "up", "pass", "disabled", "skipped", "not_configured"})
_LOGIN = re.compile(r"//[^@\s]*@")
_LONG = 160


def collect_health(observer: Observer, service: ServiceTarget) -> tuple[Asked, ...]:
    """One request for the health path; inside one for each container."""
    return ask(observer, service, service.health_path)


def judge_health(service: ServiceTarget, asked: tuple[Asked, ...], target: Target) -> Verdict:
    """Green on HTTP 200 with the status word "healthy"; else red with what it says is not."""
    if not asked:
        return _nobody(service)
    page = stands_in(service, [one.answer for one in asked], target)
    if page:
        return page
    faults = [fault for one in asked if (fault := _fault(service, one))]
    if not faults:
        return green(f"{', '.join(one.place for one in asked)} is healthy")
    # The worst is one that has no suspects: it does not serve.
    return min(faults, key=lambda fault: bool(fault.suspects))


def _fault(service: ServiceTarget, asked: Asked) -> Verdict | None:
    place, answer = asked.place, asked.answer
    remedy = (
        f"see `runbook status` and `runbook logs {service.name}`; `runbook restart {service.name}` "
        "makes its containers anew; if the newest tag is at fault, "
        f"`runbook rollback {service.name}`"
    )
    if answer.failure:
        return red(f"{place}: {answer.failure}", remedy)
    word, ill = answer.fields.get("status"), dict(_ill(answer))
    told = f": {', '.join(f'{name} ({why})' for name, why in ill.items())}" * bool(ill)
    if answer.status != _OK:
        said = f', status "{word}"' if word else ""
        return red(f"{place} answers HTTP {answer.status}{said} instead of 200{told}", remedy)
    if word == _HEALTHY:
        return None
    found = red(f'{place} has status {word!r} instead of "healthy"{told}', remedy)
    if word != _DEGRADED or not ill:
        return found
    mend = f"mend what it names, see `runbook check redis database-status health`; else {remedy}"
    return replace(found, remedy=mend, suspects=tuple(ill))


def _ill(answer: Answer) -> Iterator[tuple[str, str]]:
    """The entries of `checks` that are not healthy, with what they say of it."""
    checks = answer.fields.get("checks")
    for name, entry in checks.items() if isinstance(checks, dict) else ():
        told = entry if isinstance(entry, dict) else {"status": entry}
        word = str(told.get("status"))
        if word.casefold() not in _WELL:
            why = " ".join(str(told.get("error") or "").split())
            # Drivers like to name the URL they failed with, login and all.
            text = _LOGIN.sub("//***@", f"{word}: {why}" if why else word)
            yield str(name), text if len(text) <= _LONG else f"{text[:_LONG]}..."


def _nobody(service: ServiceTarget) -> Verdict:
    return red(
        "no container of it runs that could be asked",
        f"see `runbook check containers` and `runbook logs {service.name}`",
    )


def collect_latency(observer: Observer, service: ServiceTarget) -> tuple[Asked, ...]:
    """A few requests for the liveness path, one after another."""
    return ask(observer, service, service.live_path, count=_LATENCY_SAMPLES)


def judge_latency(service: ServiceTarget, asked: tuple[Asked, ...], target: Target) -> Verdict:
    """Green when all answer 200 and their median is within the budget."""
    if not asked:
        return _nobody(service)
    answers = [one.answer for one in asked]
    page = stands_in(service, answers, target)
    if page:
        return page
    bad = [one for one in asked if one.answer.status != _OK]
    if bad:
        why = bad[-1].answer.failure or f"HTTP {bad[-1].answer.status}"
        return red(
            f"{bad[-1].place}: {len(bad)} of {len(answers)} requests failed ({why})",
            f"see `runbook check health` and `runbook logs {service.name}`",
        )
    place = asked[0].place
    median = statistics.median(answer.seconds for answer in answers) * _MILLISECONDS
    budget = target.expectations.live_latency_ms
    measures = [
        Measure("live", str(number), one.seconds, Unit.SECONDS, budget / _MILLISECONDS)
        for number, one in enumerate(answers, 1)
    ]
    if median >= budget:
        return red(
            f"{place} takes {median:.0f} ms (median of {len(answers)}), the budget is {budget} ms",
            "see `runbook resources`: is it the app, or the load? More replicas, or a larger tier",
        ).measured(measures)
    return green(f"{median:.0f} ms (budget {budget} ms)").measured(measures)


HEALTH = Check("health", "D1", "says it is healthy", speaking, collect_health, judge_health)
LATENCY = Check("latency", "D1", "answers fast", speaking, collect_latency, judge_latency)
