"""M2: the deployed version serves, as the app tells it, or as its containers' images do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.check import Check, services
from checks.containers import collect_containers
from checks.maintenance import stands_in
from checks.verdict import Verdict, green, red
from checks.web import failed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks.containers import Container
    from checks.observer import Observer
    from checks.web import Answer
    from common.target import ServiceTarget, Target

_OK = 200
_NOT_FOUND = 404
_PER_REPLICA = 2
_PATH = "/version"


@dataclass(frozen=True)
class Versions:
    """What the service answers, and what its containers are made of."""

    answers: tuple[Answer, ...]
    containers: tuple[Container, ...]

    @property
    def failure(self) -> str | None:
        """Why a request came to nothing."""
        return failed(self.answers)

    @property
    def is_told(self) -> bool:
        """Whether the app itself tells its version."""
        return any(one.status != _NOT_FOUND for one in self.answers)


def collect_version(observer: Observer, service: ServiceTarget) -> Versions:
    """Two requests a replica for the version; where there is no such path the images."""
    url = service.url + _PATH
    first = (observer.web.get(url),) if service.url else ()
    found = Versions(first, ())
    if not found.is_told:
        return Versions(first, collect_containers(observer, service))
    more = range(1, _PER_REPLICA * service.replicas)
    return Versions((*first, *(observer.web.get(url) for _ in more)), ())


def judge_version(service: ServiceTarget, found: Versions, target: Target) -> Verdict:
    """Green when every answer, or every container that runs, has the tag."""
    page = stands_in(service, found.answers, target) if found.answers else None
    if page:
        return page
    if not found.is_told:
        return _judge_images(service, found.containers)
    failed = [answer for answer in found.answers if answer.status != _OK]
    if failed:
        why = failed[-1].failure or f"HTTP {failed[-1].status}"
        return red(f"{_PATH}: {why}", "see `runbook check health containers`")
    served = {version_of(answer) for answer in found.answers}
    if served != {service.tag}:
        return red(
            f"serves version {', '.join(sorted(served))} instead of {service.tag}",
            "an old container still gets requests, or the tag names another build: see "
            f"`runbook check containers`; `runbook restart {service.name}` makes its containers "
            "anew",
        )
    return green(f"serves {service.tag}")


def _judge_images(service: ServiceTarget, containers: Sequence[Container]) -> Verdict:
    wanted = f"{service.image}:{service.tag}"
    images = {one.image for one in containers if one.runs}
    if images == {wanted}:
        return green(f"its containers have the image {wanted}")
    found = ", ".join(sorted(images)) or "nothing"
    return red(
        f"{found} runs instead of {wanted}",
        "see `runbook check containers`, then `pulumi up`",
    )


def version_of(answer: Answer) -> str:
    """The version an answer tells: its field `version`, or its whole text."""
    return str(answer.fields.get("version") or answer.body.strip()[:80])


VERSION = Check(
    "version", "M2", "serves the deployed version", services, collect_version, judge_version
)
