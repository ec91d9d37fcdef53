"""B5: the public names lead to our servers, with a valid certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from checks.check import Check, public
from checks.measure import Measure, Unit
from checks.ports import is_inside
from checks.proxy_files import FOLDER
from checks.verdict import Verdict, green, red
from clients.dns import NameNotResolvedError
from clients.tls import Certificate, certificate

if TYPE_CHECKING:
    from checks.observer import Observer
    from checks.web import Answer
    from common.target import ServiceTarget, Target

_HTTPS = 443
_DAY = 86_400
_REDIRECTIONS = frozenset({301, 302, 307, 308})
_UP = "run `pulumi up`; a change may take the record's TTL to be seen everywhere"


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


@dataclass(frozen=True)
class Ipv6:
    """The IPv6 addresses of a name, beside the networks our servers have."""

    name: str
    addresses: tuple[str, ...]
    networks: tuple[str, ...]
    failure: str | None = None


def collect_dns(observer: Observer, service: ServiceTarget) -> Resolved:
    """The addresses of the service's name."""
    name = httpx.URL(service.url).host
    try:
        return Resolved(name, observer.resolver.addresses(name))
    except NameNotResolvedError as error:
        return Resolved(name, failure=str(error))


def judge_dns(_service: ServiceTarget, evidence: Resolved, target: Target) -> Verdict:
    """Green when the name has addresses, all of them those of our server or balancer."""
    ours = {target.front_ipv4}
    if evidence.failure:
        return red(evidence.failure, _UP)
    strangers = [address for address in evidence.addresses if address not in ours]
    if strangers or not evidence.addresses:
        return red(
            f"{evidence.name} leads to {', '.join(strangers) or 'nothing'} "
            f"instead of {', '.join(sorted(ours))}",
            _UP,
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


def judge_certificate(_service: ServiceTarget, evidence: Shown, target: Target) -> Verdict:
    """Green when it is valid for the name, for more than two weeks."""
    remedy = (
        "see `runbook ssh -- docker logs --tail 100 coolify-proxy`, why it got no newer one; "
        "once that is mended, `runbook ssh -- docker restart coolify-proxy` has it ask again"
    )
    if evidence.failure or evidence.days is None:
        return red(f"{evidence.name} shows no valid certificate: {evidence.failure}", remedy)
    measures = [Measure("certificate", evidence.name, evidence.days, Unit.DAYS)]
    limit = target.expectations.certificate_days
    if evidence.days <= limit:
        return red(
            f"the certificate of {evidence.name} ends in {evidence.days:.0f} days "
            f"and was not renewed (more than {limit} days are expected)",
            remedy,
        ).measured(measures)
    return green(f"valid for {evidence.name} for {evidence.days:.0f} more days").measured(measures)


def collect_aaaa(observer: Observer, service: ServiceTarget) -> Ipv6:
    """The IPv6 addresses of the service's name, and the networks of our servers."""
    name = httpx.URL(service.url).host
    facts = [observer.server_facts(server) for server in observer.target.servers]
    nets = tuple(one.public_net.ipv6.ip for one in facts if one and one.public_net.ipv6)
    if observer.target.balancer:
        nets = (f"{observer.target.balancer.ipv6}/128",)
    try:
        return Ipv6(name, observer.resolver.ipv6_addresses(name), nets)
    except NameNotResolvedError as error:
        return Ipv6(name, (), nets, str(error))


def judge_aaaa(_service: ServiceTarget, evidence: Ipv6, _target: Target) -> Verdict:
    """Green when there is no AAAA record, or all lead into our servers' networks."""
    if evidence.failure:
        return red(evidence.failure, _UP)
    strangers = [one for one in evidence.addresses if not is_inside(one, evidence.networks)]
    if strangers:
        return red(
            f"{evidence.name} leads to {', '.join(strangers)} over IPv6, which is in no network "
            f"of our servers ({', '.join(evidence.networks) or 'they have none'})",
            f"clients that prefer IPv6 go astray; {_UP}",
        )
    if not evidence.addresses:
        return green(f"{evidence.name} has no AAAA record; IPv4 alone")
    return green(f"{evidence.name} leads to {', '.join(evidence.addresses)}")


def collect_redirect(observer: Observer, service: ServiceTarget) -> Answer:
    """One plain HTTP request for the health path."""
    host, port = httpx.URL(service.url).host, observer.target.expectations.http_port
    return observer.web.get(f"http://{host}:{port}{service.health_path}")


def judge_redirect(service: ServiceTarget, answer: Answer, _target: Target) -> Verdict:
    """Green when it leads to the same place over HTTPS."""
    host = httpx.URL(service.url).host
    remedy = "the proxy's labels were changed or dropped: `pulumi up`; if it stays, see "
    remedy += f"`runbook ssh -- grep -rl {host} {FOLDER}`: files there that are not ours come first"
    if answer.failure:
        return red(f"plain HTTP to {host}: {answer.failure}", remedy)
    if answer.status not in _REDIRECTIONS:
        return red(f"plain HTTP to {host} answers {answer.status} instead of a redirection", remedy)
    place = httpx.URL(answer.location)
    if (place.scheme, place.host) != ("https", host):
        return red(f"plain HTTP to {host} leads to {answer.location or 'nowhere'}", remedy)
    return green(f"plain HTTP leads to {answer.location}")


def _days_left(shown: Certificate) -> float | None:
    if shown.ends is None:
        return None
    return (shown.ends - datetime.now(UTC)).total_seconds() / _DAY


DNS = Check("dns", "B5", "the name leads to our server", public, collect_dns, judge_dns)
CERTIFICATE = Check(
    "certificate",
    "D1",
    "the certificate is valid",
    public,
    collect_certificate,
    judge_certificate,
)
AAAA = Check("aaaa", "B5", "IPv6 leads to our server too", public, collect_aaaa, judge_aaaa)
REDIRECT = Check(
    "redirect", "E1", "plain HTTP leads to HTTPS", public, collect_redirect, judge_redirect
)
