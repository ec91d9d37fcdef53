"""S2: a service takes nobody's word for where a request comes from, where it tells what it saw.

Its rate limit does: each client has a number of requests left. Requests that claim another address
each time have to be counted as one client's, or else one can have as many as one likes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.check import Check, public
from checks.maintenance import stands_in
from checks.verdict import Verdict, green, red, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checks.observer import Observer
    from checks.web import Answer
    from common.target import ServiceTarget, Target

_PATHS = ("/api/", "/")
_LEFT = ("ratelimit-remaining", "x-ratelimit-remaining")
_MOST = ("ratelimit-limit", "x-ratelimit-limit")


@dataclass(frozen=True)
class Claimed:
    """An answer to a request that claimed an address."""

    address: str
    answer: Answer

    @property
    def failure(self) -> str | None:
        """Why it came to nothing."""
        return self.answer.failure

    @property
    def left(self) -> int | None:
        """How many requests the client has left, as the service says."""
        return _number(self.answer, _LEFT)

    @property
    def is_new(self) -> bool:
        """Whether it was taken for the first request of its client."""
        most = _number(self.answer, _MOST)
        return most is not None and self.left == most - 1

    @property
    def is_shown(self) -> bool:
        """Whether the answer itself has the address that was claimed."""
        return self.address in self.answer.body or self.address in self.answer.headers.values()


def collect(observer: Observer, service: ServiceTarget) -> tuple[Claimed, ...]:
    """Requests that claim an address each, until one is taken for a client that is known.

    A replica counts for itself, so that only more requests than there are replicas prove anything.
    """
    found: list[Claimed] = []
    for path in _PATHS:
        found = []
        for one in _claims(observer, service.url + path, 2 * service.replicas + 1):
            found.append(one)
            if one.left is None or not one.is_new:
                break
        if found[-1].left is not None or found[-1].is_shown:
            break
    return tuple(found)


def _claims(observer: Observer, url: str, count: int) -> Iterator[Claimed]:
    for _ in range(count):
        address = f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"  # of nobody
        yield Claimed(address, observer.web.get(url, {"X-Forwarded-For": address}))


def judge(service: ServiceTarget, found: tuple[Claimed, ...], target: Target) -> Verdict:
    """Green when what a request claims makes no difference, or when nothing is told of it."""
    page = stands_in(service, [one.answer for one in found], target)
    if page:
        return page
    last = found[-1]
    if last.failure:
        return unknown(f"no answer ({last.failure})", "see `runbook check health containers`")
    hops = 2 if target.balancer else 1
    remedy = (
        f"the service must trust {hops} hop{'s' * (hops > 1)}: name its variable in `hops` of "
        "app.yaml, as in `hops: [TRUST_PROXY]`, where the app has one, and bring it about"
    )
    if last.is_shown:
        return red(f"believes the X-Forwarded-For of a request: it saw {last.address}", remedy)
    if last.left is None:
        return green("does not tell what it saw: no rate limit in its answers")
    if last.is_new:
        return red(
            f"believes the X-Forwarded-For of a request: {len(found)} requests that claimed an "
            f"address each were taken for {len(found)} clients; no rate limit stops such a one",
            remedy,
        )
    return green("counts a request for who sent it, whatever its X-Forwarded-For claims")


def _number(answer: Answer, names: tuple[str, ...]) -> int | None:
    told = (answer.headers.get(name, "") for name in names)
    return next((int(one) for one in told if one.isdigit()), None)


FORWARDED = Check(
    "forwarded",
    "S2",
    "believes no forged address",
    public,
    collect,
    judge,
    proves_change=False,
)
