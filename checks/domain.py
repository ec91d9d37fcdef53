"""B5: the public names lead to our servers, with a valid certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from checks.check import Check, services
from checks.names import NameNotResolvedError
from checks.sockets import Certificate, certificate
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from checks.observer import Observer
    from common.target import ServiceTarget, Target

_HTTPS = 443
_DAYS_LEFT = 14
_DAY = 86_400


@dataclass(frozen=True)
class Resolved:
    """The addresses of a name, or why there are none."""

    name: str
    addresses: tuple[str, ...] = ()
    failure: str | None = None


@dataclass(frozen=True)
class Shown:
    """The certificate that a name shows, and the days it is still valid."""

    name: str
    days: float | None
    failure: str | None = None


def collect_dns(observer: Observer, service: ServiceTarget) -> Resolved:
    """The addresses of the service's name."""
    name = httpx.URL(service.url).host
    try:
        return Resolved(name, observer.resolver.addresses(name))
    except NameNotResolvedError as error:
        return Resolved(name, failure=str(error))


def judge_dns(_service: ServiceTarget, evidence: Resolved, target: Target) -> Verdict:
    """Green when the name has addresses, all of them of our servers."""
    ours = {server.ipv4 for server in target.servers}
    remedy = "run `pulumi up`; a change may take the record's TTL to be seen everywhere"
    if evidence.failure:
        return red(evidence.failure, remedy)
    strangers = [address for address in evidence.addresses if address not in ours]
    if strangers or not evidence.addresses:
        return red(
            f"{evidence.name} leads to {', '.join(strangers) or 'nothing'} "
            f"instead of {', '.join(sorted(ours))}",
            remedy,
        )
    return green(f"{evidence.name} leads to {', '.join(evidence.addresses)}")


def collect_certificate(observer: Observer, service: ServiceTarget) -> Shown:
    """The certificate shown at the address of the service's name."""
    url = httpx.URL(service.url)
    try:
        address = observer.resolver.addresses(url.host)[0]
    except NameNotResolvedError as error:
        return Shown(url.host, None, str(error))
    port = url.port or _HTTPS
    shown = certificate(address, port, url.host, observer.trust, observer.timeout)
    return Shown(url.host, _days_left(shown), shown.failure)


def judge_certificate(_service: ServiceTarget, evidence: Shown, _target: Target) -> Verdict:
    """Green when it is valid for the name, for more than two weeks."""
    remedy = "see why the proxy got no newer one: `runbook ssh -- docker logs coolify-proxy`"
    if evidence.failure or evidence.days is None:
        return red(f"{evidence.name} shows no valid certificate: {evidence.failure}", remedy)
    if evidence.days <= _DAYS_LEFT:
        return red(
            f"the certificate of {evidence.name} ends in {evidence.days:.0f} days "
            f"and was not renewed (more than {_DAYS_LEFT} days are expected)",
            remedy,
        )
    return green(f"valid for {evidence.name} for {evidence.days:.0f} more days")


def _days_left(shown: Certificate) -> float | None:
    if shown.ends is None:
        return None
    return (shown.ends - datetime.now(UTC)).total_seconds() / _DAY


DNS = Check("dns", "B5", "the name leads to our server", services, collect_dns, judge_dns)
CERTIFICATE = Check(
    "certificate",
    "D1",
    "the certificate is valid",
    services,
    collect_certificate,
    judge_certificate,
)
