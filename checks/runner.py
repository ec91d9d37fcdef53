"""Runs checks side by side within a bound; what cannot be collected is unknown, never green."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks import causes, clock
from checks.observer import Observer
from checks.registry import proving_change, select
from checks.report import Report, Result
from checks.verdict import Verdict, unknown
from common.errors import OperatorError
from common.waiting import Attempt, WaitTimeoutError, wait_until

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from checks.check import AnyCheck
    from common.target import Target

# Most of them wait for an answer, or for evidence that another one takes.
_WORKERS = 48
_BOUND = 60.0
_AGAIN = "mend what did not answer, then `runbook check`"


Heard = Callable[[Result, int, int], None]
"""Told of each result as it comes: how many there are now, and of how many."""


@dataclass(frozen=True)
class _Job:
    number: int
    check: AnyCheck
    name: str
    subject: Any

    def result(self, verdict: Verdict, seconds: float) -> Result:
        check = self.check
        return Result(check.id, check.runbook, check.title, self.name, verdict, seconds)


def run(  # noqa: PLR0913 - all but two have a default
    target: Target,
    checks: Sequence[AnyCheck],
    *,
    only: Collection[tuple[str, str]] | None = None,
    bound: float = _BOUND,
    observe: Callable[[Target], Observer] = Observer,
    heard: Heard | None = None,
) -> Report:
    """Run checks once and report on them.

    Args:
        target: the stack to look at.
        checks: which ones.
        only: (check id, subject) pairs to leave it at; None means all.
        bound: seconds after which what has not ended is unknown.
        observe: makes the observer; for tests.
        heard: told of each result as it comes.
    """
    jobs = [
        job for job in _jobs(target, checks) if only is None or (job.check.id, job.name) in only
    ]
    with observe(target) as observer:
        results = _run_all(observer, jobs, bound, heard)
    late = _late([job for job in jobs if job.number not in results], results.values(), bound)
    found = [results.get(job.number) or late[job.number] for job in jobs]
    return Report(target.stack, tuple(clock.without_what_it_blurs(found)))


def verify(  # noqa: PLR0913 - all but the first have a default
    target: Target,
    ids: Sequence[str] | None = None,
    *,
    only: Collection[tuple[str, str]] | None = None,
    settle: float = 120.0,
    changed: Collection[str] | None = None,
    progress: Callable[[Attempt], None] | None = None,
    observe: Callable[[Target], Observer] = Observer,
) -> Report:
    """Run checks; repeat those that are not green until they are or `settle` seconds have passed.

    Without ids those that prove a change; a pending reboot, say, is no fault of it.

    Services, names and certificates may take a while to settle after a change. `only` is as in
    `run`, `changed` as in `Report.aside`: what a change did not touch is told, not waited for.

    Raises:
        OperatorError: when an id is of no check. Red checks raise nothing here: ask the report.
    """
    checks = select(ids) if ids else proving_change()
    report = run(target, checks, only=only, observe=observe)

    def all_green() -> bool:
        nonlocal report
        if report.proving(changed).not_green:
            again = {result.key for result in report.not_green}
            report = report.merged(run(target, checks, only=again, observe=observe))
        if report.proving(changed).not_green:
            raise _NotGreenError(report.proving(changed))
        return True

    if not report.proving(changed).not_green:
        return report
    try:
        wait_until(
            "all checks to be green",
            all_green,
            bound=settle,
            interval=1.0,
            max_interval=5.0,
            retry_on=_NotGreenError,
            progress=progress,
        )
    except WaitTimeoutError:
        return report
    return report


class _NotGreenError(OperatorError):
    def __init__(self, report: Report) -> None:
        first = report.not_green[0]
        super().__init__(
            f"{report.summary()}; {first.check} {first.subject}: " + (first.verdict.message)
        )


def _late(jobs: Sequence[_Job], results: Collection[Result], bound: float) -> dict[int, Result]:
    """Return what is said of looks that did not end: they lack what others lack.

    Where a login is late as well, it is the server that keeps all of them waiting.
    """
    silent = [f"{causes.SSH}:{job.name}" for job in jobs if job.check.id == causes.SSH]
    lacks = silent or [one.verdict.lacks for one in results if one.verdict.lacks]
    lack = max(lacks, key=lacks.count, default="")
    login = unknown(f"no answer over SSH within {bound:g} s", "`runbook server revive`")
    return {
        job.number: job.result(
            login.lacking(f"{causes.SSH}:{job.name}")
            if job.check.id == causes.SSH
            else _slow(job, bound).lacking(lack),
            bound,
        )
        for job in jobs
    }


def _slow(job: _Job, bound: float) -> Verdict:
    alone = f"see `runbook check {job.check.id}`, alone"
    return unknown(f"did not end within {bound:g} s", alone)


def _jobs(target: Target, checks: Sequence[AnyCheck]) -> list[_Job]:
    pairs = [
        (check, name, subject)
        for check in checks
        for name, subject in check.subjects(target).items()
    ]
    return [_Job(number, *pair) for number, pair in enumerate(pairs)]


def _run_all(
    observer: Observer, jobs: Sequence[_Job], bound: float, heard: Heard | None
) -> dict[int, Result]:
    # Daemon threads, since a collector that never ends must not keep the program from ending.
    todo: queue.SimpleQueue[_Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Result]] = queue.SimpleQueue()
    for job in jobs:
        todo.put(job)
    for _ in range(min(_WORKERS, len(jobs))):
        threading.Thread(target=_work, args=(observer, todo, done), daemon=True).start()
    return _gather(done, len(jobs), time.monotonic() + bound, heard)


def _work(
    observer: Observer,
    todo: queue.SimpleQueue[_Job],
    done: queue.SimpleQueue[tuple[int, Result]],
) -> None:
    while True:
        try:
            job = todo.get_nowait()
        except queue.Empty:
            return
        started = time.monotonic()
        verdict = _conclude(observer, job)
        done.put((job.number, job.result(verdict, time.monotonic() - started)))


def _gather(
    done: queue.SimpleQueue[tuple[int, Result]], count: int, deadline: float, heard: Heard | None
) -> dict[int, Result]:
    results: dict[int, Result] = {}
    while len(results) < count:
        try:
            number, result = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        results[number] = result
        if heard:
            heard(result, len(results), count)
    return results


def _conclude(observer: Observer, job: _Job) -> Verdict:
    try:
        evidence = job.check.collect(observer, job.subject)
        verdict = job.check.judge(job.subject, evidence, observer.target)
    except OperatorError as error:
        return unknown(f"could not be collected: {error}", _AGAIN).lacking(
            causes.lacking(error, observer.target)
        )
    except Exception as error:  # noqa: BLE001 - whatever it was, it is no evidence
        return unknown(
            f"could not be collected: {type(error).__name__}: {error}",
            "this looks like a fault of the check itself; please report it",
        )
    if not verdict.is_green and causes.unanswered(evidence):
        return verdict.lacking(causes.WEB)
    return verdict
