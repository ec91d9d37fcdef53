"""The one way to wait: for a reason, within a bound, with the last error at the end."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import tenacity

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class NotYetError(OperatorError):
    """Raised by a probe to say what is still missing."""


class WaitTimeoutError(OperatorError):
    """The bound of a wait has passed."""

    def __init__(self, reason: str, elapsed: float, last_error: Exception | None) -> None:
        self.reason = reason
        self.elapsed = elapsed
        self.last_error = last_error
        why = str(last_error) or type(last_error).__name__ if last_error else "not ready"
        super().__init__(f"gave up waiting for {reason} after {elapsed:.0f} s; at last: {why}")


NOT_READY = "not ready"
"""The last error of an attempt that had none: the thing answered, and was not ready."""


@dataclass(frozen=True)
class Attempt:
    """One look that found the thing not ready; `elapsed`, `bound` and `pause` are in seconds."""

    reason: str
    number: int
    elapsed: float
    bound: float
    pause: float
    last_error: str

    def __str__(self) -> str:
        return f"waiting for {self.reason} ({self.elapsed:.0f}/{self.bound:.0f} s): " + (
            self.last_error
        )


@dataclass
class _Switch:
    attempts: int | None = None


_without_pauses = _Switch()


def wait_until(  # noqa: PLR0913 - a wait has this many sides, all but two with a default
    reason: str,
    probe: Callable[[], T],
    *,
    bound: float,
    interval: float = 1.0,
    max_interval: float = 10.0,
    retry_on: type[Exception] | tuple[type[Exception], ...] = OperatorError,
    progress: Callable[[Attempt], None] | None = None,
    always_wait: bool = False,
) -> T:
    """Call `probe` until it returns something true, and return that.

    The pauses grow from `interval` to `max_interval` with jitter; the last look is at the bound.
    The probe must have a bound of its own: it is never interrupted.

    Args:
        reason: what is waited for, as in "the server's SSH".
        probe: a falsy value, or one of `retry_on` raised, means: not yet.
        bound: seconds after which to give up.
        interval: first pause in seconds.
        max_interval: longest pause in seconds.
        retry_on: what the probe may raise while things are not ready; all else goes through.
        progress: called before each pause; one with an attribute `every`, also each so many
            seconds of a look that takes long.
        always_wait: heed no `without_pauses`, for waits on this machine's own processes.

    Raises:
        WaitTimeoutError: when the bound has passed.
    """
    started = time.monotonic()
    last: list[Exception | None] = [None]

    def look() -> T:
        try:
            found = probe()
        except retry_on as error:
            last[0] = error
            raise _NotReadyError from error
        if not found:
            last[0] = None
            raise _NotReadyError
        return found

    def report(state: tenacity.RetryCallState) -> None:
        if progress and state.next_action:
            progress(_attempt(reason, state, bound, last[0]))

    instant = _without_pauses.attempts if not always_wait else None
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_NotReadyError),
        stop=tenacity.stop_after_attempt(instant) if instant else tenacity.stop_after_delay(bound),
        wait=tenacity.wait_none() if instant else _pauses(interval, max_interval, bound),
        before_sleep=report,
    )
    try:
        with _telling(progress, lambda number: _long(reason, number, started, bound, last[0])):
            return retrying(look)
    except tenacity.RetryError:
        raise WaitTimeoutError(reason, time.monotonic() - started, last[0]) from last[0]


def pause(seconds: float) -> None:
    """Let some time pass, for what cannot be looked at; not within `without_pauses`."""
    if _without_pauses.attempts is None:
        time.sleep(seconds)


@contextlib.contextmanager
def without_pauses(attempts: int = 3) -> Iterator[None]:
    """For tests: within, every wait looks `attempts` times at once instead of until its bound."""
    before, _without_pauses.attempts = _without_pauses.attempts, attempts
    try:
        yield
    finally:
        _without_pauses.attempts = before


class _NotReadyError(Exception):
    pass


@contextlib.contextmanager
def _telling(
    progress: Callable[[Attempt], None] | None, attempt: Callable[[int], Attempt]
) -> Iterator[None]:
    """Call `progress` each so many seconds, where it says how many; a look may take long."""
    every, done = getattr(progress, "every", None), threading.Event()

    def tell() -> None:
        number = 0
        while progress and not done.wait(every):
            number += 1
            progress(attempt(number))

    if every:
        threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _long(
    reason: str, number: int, started: float, bound: float, error: Exception | None
) -> Attempt:
    said = (str(error) or type(error).__name__) if error else "it is looked at"
    return Attempt(reason, number, time.monotonic() - started, bound, 0.0, said)


def _pauses(
    interval: float, max_interval: float, bound: float
) -> Callable[[tenacity.RetryCallState], float]:
    backoff = tenacity.wait_exponential_jitter(
        multiplier=interval, max=max_interval, exp_base=1.5, jitter=interval / 4
    )

    def pause(state: tenacity.RetryCallState) -> float:
        left = bound - (state.seconds_since_start or 0.0)
        return max(0.0, min(backoff(state), left))

    return pause


def _attempt(
    reason: str, state: tenacity.RetryCallState, bound: float, error: Exception | None
) -> Attempt:
    return Attempt(
        reason=reason,
        number=state.attempt_number,
        elapsed=state.seconds_since_start or 0.0,
        bound=bound,
        pause=state.upcoming_sleep,
        last_error=(str(error) or type(error).__name__) if error else NOT_READY,
    )
