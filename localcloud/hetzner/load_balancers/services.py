"""Services of a load balancer: records, and how a request becomes one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.load_balancers.spec import CheckSpec, ServiceSpec

if TYPE_CHECKING:
    from localcloud.hetzner.http import JSON
    from localcloud.hetzner.load_balancers.requests import CheckBody, ServiceBody, ServiceHttpBody

T = TypeVar("T")
LAST_PORT = 65535
_WELL_KNOWN = {"http": 80, "https": 443}


@dataclass(frozen=True)
class CheckHttp:
    """What an HTTP health check asks for and expects."""

    domain: str | None = None
    path: str = "/"
    response: str = ""
    status_codes: tuple[str, ...] = ("2??", "3??")
    tls: bool = False


@dataclass(frozen=True)
class Check:
    """A health check; times in seconds."""

    protocol: str
    port: int
    interval: int = 15
    timeout: int = 10
    retries: int = 3
    http: CheckHttp | None = None


@dataclass(frozen=True)
class ServiceHttp:
    """Options of an HTTP service; times in seconds."""

    cookie_name: str = "HCLBSTICKY"
    cookie_lifetime: int = 300
    sticky_sessions: bool = False
    timeout_idle: int = 50
    certificates: tuple[int, ...] = ()
    redirect_http: bool = False


@dataclass(frozen=True)
class Service:
    """A port that is listened on, and where it leads."""

    protocol: str
    listen_port: int
    destination_port: int
    check: Check
    proxyprotocol: bool = False
    http: ServiceHttp | None = None

    @property
    def ports(self) -> set[int]:
        """The ports it needs: its own, and 80 where it leads clients from there."""
        redirect = self.http is not None and self.http.redirect_http
        return {self.listen_port} | ({_WELL_KNOWN["http"]} if redirect else set())

    @property
    def spec(self) -> ServiceSpec:
        """The service as a machine takes it."""
        web = self.http
        sticky = web is not None and web.sticky_sessions
        return ServiceSpec(
            protocol=self.protocol,
            listen_port=self.listen_port,
            destination_port=self.destination_port,
            check=self._check_spec(),
            proxyprotocol=self.proxyprotocol,
            timeout_idle=web.timeout_idle if web else ServiceHttp().timeout_idle,
            cookie=(web.cookie_name, web.cookie_lifetime) if web and sticky else None,
            redirect_http=web is not None and web.redirect_http,
        )

    def _check_spec(self) -> CheckSpec:
        check = self.check
        web = asdict(check.http) if check.http else {}
        return CheckSpec(
            check.protocol, check.port, check.interval, check.timeout, check.retries, **web
        )


def new_service(body: ServiceBody) -> Service:
    """The service of a request to add one, with the vendor's defaults; raises InvalidInputError."""
    if body.protocol is None:
        raise InvalidInputError.field("protocol", "is needed: tcp or http")
    standard = _WELL_KNOWN.get(body.protocol)
    listen = standard if body.listen_port is None else body.listen_port
    if listen is None:
        raise InvalidInputError.field("listen_port", "is needed for tcp")
    destination = _WELL_KNOWN["http"] if standard else None
    if body.destination_port is not None:
        destination = body.destination_port
    if destination is None:
        raise InvalidInputError.field("destination_port", "is needed for tcp")
    kind = "tcp" if body.protocol == "tcp" else "http"
    start = Service(body.protocol, listen, destination, Check(kind, destination))
    return merged(start, body)


def merged(service: Service, body: ServiceBody) -> Service:
    """The service with what a request names; raises InvalidInputError."""
    protocol = body.protocol or service.protocol
    return Service(
        protocol=protocol,
        listen_port=_port(body.listen_port, service.listen_port, "listen_port"),
        destination_port=_port(body.destination_port, service.destination_port, "destination_port"),
        proxyprotocol=_or(body.proxyprotocol, service.proxyprotocol),
        check=_check(service.check, body.health_check),
        http=_http(service.http or ServiceHttp(), body, protocol) if protocol != "tcp" else None,
    )


def shape(service: Service) -> JSON:
    """The service as the API shows it."""
    check = service.check
    shown: JSON = {
        "protocol": service.protocol,
        "listen_port": service.listen_port,
        "destination_port": service.destination_port,
        "proxyprotocol": service.proxyprotocol,
        "health_check": {
            "protocol": check.protocol,
            "port": check.port,
            "interval": check.interval,
            "timeout": check.timeout,
            "retries": check.retries,
        },
    }
    if check.http is not None:
        web = asdict(check.http)
        shown["health_check"]["http"] = web | {"status_codes": list(check.http.status_codes)}
    if service.http is not None:
        # Only https uses certificates and redirect_http; the vendor's clients read them anyhow.
        shown["http"] = asdict(service.http)
    return shown


def _http(known: ServiceHttp, body: ServiceBody, protocol: str) -> ServiceHttp:
    found = _with_wishes(known, body.http) if body.http else known
    if protocol == "http" and (found.certificates or found.redirect_http):
        raise InvalidInputError.field("http", "certificates and redirect_http are for https")
    if protocol == "https" and not found.certificates:
        raise InvalidInputError.field("http.certificates", "https needs a certificate")
    return found


def _with_wishes(known: ServiceHttp, wish: ServiceHttpBody) -> ServiceHttp:
    certificates = None if wish.certificates is None else tuple(wish.certificates)
    return ServiceHttp(
        cookie_name=_or(wish.cookie_name, known.cookie_name),
        cookie_lifetime=_or(wish.cookie_lifetime, known.cookie_lifetime),
        sticky_sessions=_or(wish.sticky_sessions, known.sticky_sessions),
        timeout_idle=_or(wish.timeout_idle, known.timeout_idle),
        certificates=_or(certificates, known.certificates),
        redirect_http=_or(wish.redirect_http, known.redirect_http),
    )


def _check(known: Check, wish: CheckBody | None) -> Check:
    protocol = known.protocol if wish is None or wish.protocol is None else wish.protocol
    web = (known.http or CheckHttp()) if protocol == "http" else None
    if wish is None:
        return Check(protocol, known.port, known.interval, known.timeout, known.retries, web)
    return Check(
        protocol=protocol,
        port=_port(wish.port, known.port, "health_check.port"),
        interval=_or(wish.interval, known.interval),
        timeout=_or(wish.timeout, known.timeout),
        retries=_or(wish.retries, known.retries),
        http=_check_http(web, wish) if web else None,
    )


def _check_http(known: CheckHttp, wish: CheckBody) -> CheckHttp:
    if wish.http is None:
        return known
    codes = wish.http.status_codes
    return CheckHttp(
        domain=_or(wish.http.domain, known.domain),
        path=_or(wish.http.path, known.path),
        response=_or(wish.http.response, known.response),
        status_codes=known.status_codes if codes is None else tuple(codes),
        tls=_or(wish.http.tls, known.tls),
    )


def _port(wish: int | None, known: int, field: str) -> int:
    port = _or(wish, known)
    if not 1 <= port <= LAST_PORT:
        raise InvalidInputError.field(field, f"{port} is no port")
    return port


def _or(wish: T | None, known: T) -> T:
    return known if wish is None else wish
