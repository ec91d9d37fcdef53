"""HAProxy's configuration for a load balancer, and what is read from its statistics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.hetzner.load_balancers.spec import (
    BalancerSpec,
    CheckSpec,
    ServiceSpec,
    TargetHealth,
    TargetSpec,
)
from localcloud.hetzner.machines import InboundRule
from localcloud.node.balancer_config import certificate_files, parse_health, render

_TCP = ServiceSpec("tcp", 443, 8443, CheckSpec("tcp", 9000, 5, 3, 2))
_HTTP = ServiceSpec("http", 80, 8080, CheckSpec("http", 8080, 15, 10, 3))
_TARGETS = (TargetSpec(7, None), TargetSpec(8, "10.0.0.3"))
_SPEC = BalancerSpec(
    id=1,
    name="front",
    ipv4="127.10.0.9",
    least_connections=False,
    max_connections=10_000,
    services=(_TCP, _HTTP),
    targets=_TARGETS,
    leg=None,
)
_HEADER = "# pxname,svname,status,check_status,check_code,check_desc,\n"


def _lines(spec: BalancerSpec, start: str) -> list[str]:
    found = [line.strip() for line in render(spec).splitlines()]
    return [line for line in found if line.startswith(start)]


def test_every_service_has_every_target() -> None:
    """Ports, checks and addresses: private ones as they are, public ones by the engine's DNS."""
    tcp_public, tcp_private, http_public, http_private = _lines(_SPEC, "server ")
    assert tcp_public.startswith("server 7-public server-7.public:8443 check port 9000 inter 5s")
    assert "resolvers docker" in tcp_public
    assert tcp_private == "server 8-private 10.0.0.3:8443 check port 9000 inter 5s fall 2 rise 2"
    assert "server-7.public:8080 check port 8080 inter 15s fall 3 rise 3" in http_public
    assert "resolvers" not in http_private
    assert _lines(_SPEC, "bind *") == ["bind *:443", "bind *:80"]


@pytest.mark.parametrize(("least", "word"), [(False, "roundrobin"), (True, "leastconn")])
def test_algorithm(least: bool, word: str) -> None:
    """The API's words in HAProxy's."""
    assert _lines(replace(_SPEC, least_connections=least), "balance") == [f"balance {word}"] * 2


def test_http_check_is_quoted() -> None:
    """Whatever a request asks for stays one word of one line."""
    check = replace(
        _HTTP.check, path="/a'b?x=%", domain="100%.test", response="it's ok", status_codes=("2??",)
    )
    spec = replace(_SPEC, services=(replace(_HTTP, check=check),))
    request, *expected = _lines(spec, "http-check")
    assert """GET uri '/a'"'"'b?x=%' ver HTTP/1.1 hdr Host 100%%.test hdr""" in request
    assert expected == [
        "http-check expect rstatus ^(2..)$",
        """http-check expect string 'it'"'"'s ok'""",
    ]


def test_options_of_services() -> None:
    """Sticky sessions, the PROXY protocol, checks over TLS, idle time."""
    check = replace(_HTTP.check, tls=True)
    web = replace(_HTTP, check=check, cookie=("STICK", 60), proxyprotocol=True, timeout_idle=99)
    spec = replace(_SPEC, services=(web,), targets=_TARGETS[1:])
    (server,) = _lines(spec, "server ")
    assert server.endswith("send-proxy check-send-proxy check-ssl verify none cookie 8-private")
    assert _lines(spec, "cookie") == ["cookie STICK insert indirect nocache maxlife 60s"]
    assert "timeout client 99s" in _lines(spec, "timeout client")


@pytest.mark.parametrize(
    ("source", "ports", "shut"),
    [
        ("0.0.0.0/0", (8080, 8080), False),
        ("127.10.0.9/32", (8080, 8080), False),
        ("127.10.0.8/32", (8080, 8080), True),
        ("0.0.0.0/0", (22, 22), True),
    ],
)
def test_firewalls_of_public_targets(source: str, ports: tuple[int, int], shut: bool) -> None:
    """What a server's firewall drops does not reach it by way of a load balancer either."""
    rules = (InboundRule("tcp", ports, (source,)),)
    targets = (TargetSpec(7, None, rules), TargetSpec(8, "10.0.0.3", rules))
    spec = replace(_SPEC, services=(_HTTP,), targets=targets)
    public, private = _lines(spec, "server ")
    assert public.endswith(" disabled") is shut
    assert "disabled" not in private


def test_https() -> None:
    """Certificates are files beside the configuration; port 80 leads to the service's port."""
    web = replace(
        _HTTP, protocol="https", listen_port=8443, certificates=("PEM",), redirect_http=True
    )
    spec = replace(_SPEC, services=(web,))
    path = "/etc/haproxy/certificates/8443-0.pem"
    assert certificate_files(spec) == {path: "PEM"}
    assert _lines(spec, "bind *") == [
        f"bind *:8443 ssl crt {path} alpn h2,http/1.1",
        "bind *:80",
    ]
    (redirect,) = _lines(spec, "http-request redirect")
    assert redirect.endswith("location https://%[req.hdr(host),host_only]:8443%[pathq] code 301")


def test_without_services_it_is_still_a_configuration() -> None:
    """HAProxy wants one listener: a socket nobody uses."""
    assert _lines(replace(_SPEC, services=()), "bind") == ["bind unix@/run/haproxy/idle.sock"]


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("UP,L4OK,,Layer4 check passed", "healthy"),
        ("UP,* L7OK,200,HTTP status check returned code <3C>200<3E>", "healthy"),
        ("UP 1/3,L4CON,,Connection refused", "healthy"),
        ("UP,INI,,Initializing", "unknown"),
        ("DOWN,L4CON,,Connection refused", "unhealthy"),
        ("DOWN 1/3,L4OK,,Layer4 check passed", "unhealthy"),
        ("MAINT (resolution),,,", "unhealthy"),
    ],
)
def test_verdicts(row: str, status: str) -> None:
    """Only a verdict HAProxy has reached counts, not the last single answer."""
    (found,) = parse_health(f"{_HEADER}service-80,8-private,{row},\n")
    assert (found.target, found.listen_port, found.status) == ("8-private", 80, status)


def test_code_and_detail() -> None:
    """What the last HTTP check got; frontends and totals are no targets."""
    table = (
        f"{_HEADER}"
        "port-80,FRONTEND,OPEN,,,,\n"
        "service-80,8-private,DOWN,L7STS,503,Layer7 wrong status,\n"
        "service-80,BACKEND,DOWN,,,,\n"
    )
    assert parse_health(table) == (
        TargetHealth("8-private", 80, "unhealthy", "Layer7 wrong status", 503),
    )
