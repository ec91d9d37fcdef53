"""HAProxy's file: entry points, order, middlewares, retries, probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.coolify.boot import proxy as boot_proxy
from localcloud.coolify.proxy.dynamic import parse
from localcloud.coolify.proxy.haproxy import render
from localcloud.coolify.proxy.labels import Container
from localcloud.coolify.proxy.merge import merge
from localcloud.coolify.proxy.resolve import Resolved, resolve, united
from localcloud.coolify.proxy.trusted import read_trusted

if TYPE_CHECKING:
    from pathlib import Path

ROUTER, SERVICE = "traefik.http.routers", "traefik.http.services"
MIDDLEWARE = "traefik.http.middlewares"
WEB = {
    "traefik.enable": "true",
    f"{ROUTER}.web.rule": "Host(`web.test`)",
    f"{ROUTER}.web.entrypoints": "https",
    f"{ROUTER}.web.tls.certresolver": "letsencrypt",
    f"{ROUTER}.web.service": "web",
    f"{SERVICE}.web.loadbalancer.server.port": "3000",
}
REDIRECT = {
    f"{ROUTER}.web-http.rule": "Host(`web.test`)",
    f"{ROUTER}.web-http.entrypoints": "http",
    f"{ROUTER}.web-http.service": "web",
    f"{ROUTER}.web-http.middlewares": "up",
    f"{MIDDLEWARE}.up.redirectscheme.scheme": "https",
}
CATCH_ALL = boot_proxy._CATCH_ALL


def resolved(labels: dict[str, str], files: str = CATCH_ALL) -> Resolved:
    """Two containers with these labels, and a file."""
    merged = merge([Container(f"id{n}", f"c{n}", f"10.0.0.{n}", labels) for n in (1, 2)])
    assert merged.problems == ()
    return resolve(united((merged.configuration, parse(files))))


def section(text: str, name: str) -> list[str]:
    """The lines of one section."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(name))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].strip()), len(lines))
    return [line.strip() for line in lines[start:end]]


def test_two_containers_share_one_backend() -> None:
    """Every server is in it, balanced in turn."""
    lines = section(render(resolved(WEB)), "backend web-docker")
    assert "balance roundrobin" in lines
    assert "server id1 10.0.0.1:3000" in lines
    assert "server id2 10.0.0.2:3000" in lines


def test_an_active_probe_takes_a_server_out_at_its_first_failure() -> None:
    """And puts it back at the first success, at the labelled pace."""
    probe = f"{SERVICE}.web.loadbalancer.healthcheck"
    labels = {
        **WEB,
        f"{probe}.path": "/health",
        f"{probe}.interval": "1s",
        f"{probe}.timeout": "2s",
    }
    lines = section(render(resolved(labels)), "backend web-docker")
    assert "http-check send meth GET uri /health ver HTTP/1.1 hdr Host localhost" in lines
    assert "server id1 10.0.0.1:3000 check inter 1000ms fall 1 rise 1" in lines
    assert "timeout check 2000ms" in lines


def test_retries_only_where_a_middleware_says_so() -> None:
    """Three attempts are two retries, at another server, and never of what was sent once."""
    labels = {
        **WEB,
        f"{ROUTER}.web.middlewares": "again",
        f"{MIDDLEWARE}.again.retry.attempts": "3",
    }
    with_retry = section(render(resolved(labels)), "backend web-docker")
    assert {"retries 2", "option redispatch 1"} <= set(with_retry)
    assert "retry-on conn-failure empty-response" in with_retry
    assert any(line.startswith("http-request disable-l7-retry unless") for line in with_retry)
    without = section(render(resolved(WEB)), "backend web-docker")
    assert "retries 0" in without
    assert not any("redispatch" in line for line in without)


def test_a_redirect_needs_no_backend() -> None:
    """302 for reading, 307 for the rest; permanently 301 and 308."""
    text = render(resolved({**WEB, **REDIRECT}))
    http = section(text, "frontend http")
    assert any("code 302" in line and "method GET HEAD" in line for line in http)
    assert any("code 307" in line for line in http)
    assert not any(line.startswith("use_backend web-docker") for line in http)
    permanent = {**REDIRECT, f"{MIDDLEWARE}.up.redirectscheme.permanent": "true"}
    lines = section(render(resolved({**WEB, **permanent})), "frontend http")
    assert any("code 301" in line for line in lines)
    assert any("code 308" in line for line in lines)


def test_the_first_router_that_holds_is_chosen_by_rank() -> None:
    """A longer rule comes first, a priority before all, the catch-all last."""
    files = """
http:
  routers:
    maintenance: {rule: "Host(`web.test`)", service: gone, priority: 100000, tls: {}}
    all: {rule: "PathPrefix(`/`)", service: gone, priority: -1000, tls: {}}
  services:
    gone: {loadBalancer: {servers: []}}
"""
    lines = section(render(resolved(WEB, files)), "frontend https")
    chosen = [line.split("'")[1] for line in lines if "set-var(txn.router)" in line]
    assert chosen == ["maintenance@file", "web@docker", "all@file"]


def test_a_service_without_servers_is_a_backend_without_servers() -> None:
    """HAProxy answers 503 for it, as Traefik does; an unknown host without catch-all is a 404."""
    lines = section(render(resolved(WEB)), "backend noop-file")
    assert not any(line.startswith("server ") for line in lines)
    nothing = section(render(resolved(WEB, "http: {}")), "frontend https")
    assert nothing[-1] == "default_backend nothing"
    assert "status 404" in render(resolved(WEB, "http: {}"))


def test_a_plain_router_does_not_answer_on_https() -> None:
    """Without tls a router is not tried on the TLS entry point."""
    plain = {key: value for key, value in WEB.items() if "tls" not in key}
    labels = {**plain, f"{ROUTER}.web.entrypoints": "http,https"}
    text = render(resolved(labels))
    assert any("web@docker" in line for line in section(text, "frontend http"))
    assert not any("web@docker" in line for line in section(text, "frontend https"))


def test_hosts_with_a_resolver_need_certificates() -> None:
    """Others are answered with the default one."""
    assert resolved(WEB).certificates() == ("web.test",)
    bare = {**{k: v for k, v in WEB.items() if "resolver" not in k}, f"{ROUTER}.web.tls": "true"}
    assert resolved(bare).certificates() == ()


def test_what_leads_nowhere_takes_its_router_with_it() -> None:
    """A missing service, a missing or unplayed middleware and a bad rule are told."""
    labels = {
        **WEB,
        f"{ROUTER}.a.rule": "Host(`a`)",
        f"{ROUTER}.a.service": "nowhere",
        f"{ROUTER}.b.rule": "Host(`b`)",
        f"{ROUTER}.b.middlewares": "nobody",
        f"{ROUTER}.b.service": "web",
        f"{ROUTER}.c.rule": "Sun(`b`)",
        f"{ROUTER}.c.service": "web",
        f"{ROUTER}.d.rule": "Host(`d`)",
        f"{ROUTER}.d.service": "web",
        f"{ROUTER}.d.middlewares": "auth",
        f"{MIDDLEWARE}.auth.basicauth.users": "a:b",
    }
    found = resolved(labels)
    assert {route.router.name for route in found.routes} == {"web@docker", "catchall@file"}
    assert [problem.split()[1] for problem in found.problems] == [
        "a@docker",
        "b@docker",
        "c@docker",
        "d@docker",
    ]


def test_compression_is_passed_over() -> None:
    """The gzip middleware of generated labels changes nothing here."""
    labels = {
        **WEB,
        f"{ROUTER}.web.middlewares": "gzip",
        f"{MIDDLEWARE}.gzip.compress": "true",
    }
    assert render(resolved(labels)) == render(resolved(WEB))


def test_paths_and_headers_are_changed_for_their_router_alone() -> None:
    """stripprefix, replacepath and headers carry the router's condition."""
    labels = {
        **WEB,
        f"{ROUTER}.web.middlewares": "strip,page,mark",
        f"{MIDDLEWARE}.strip.stripprefix.prefixes": "/v1",
        f"{MIDDLEWARE}.page.replacepath.path": "/index.html",
        f"{MIDDLEWARE}.mark.headers.customresponseheaders.X-Robots-Tag": "noindex",
    }
    lines = section(render(resolved(labels)), "frontend https")
    changed = [line for line in lines if "replace-path" in line or "set-path" in line]
    changed += [line for line in lines if line.startswith("http-response set-header x-robots-tag")]
    assert len(changed) == 3
    assert all("if { var(txn.router) -m str 'web@docker' }" in line for line in changed)


def test_mixed_files_and_labels_find_each_other() -> None:
    """A router in a file may send to a service made by labels."""
    files = """
http:
  routers:
    mine: {rule: "Host(`mine.test`)", entryPoints: [http], service: web@docker}
"""
    found = resolved(WEB, files)
    route = next(route for route in found.routes if route.router.name == "mine@file")
    assert [server.name for server in route.service.servers] == ["id1", "id2"]


def test_the_app_is_told_who_asks_and_how() -> None:
    """Whatever a client says of that itself is replaced."""
    text = render(resolved(WEB))
    for entry_point, port in (("http", 80), ("https", 443)):
        lines = section(text, f"frontend {entry_point}")
        assert "http-request del-header X-Forwarded-For" in lines
        assert "option forwardfor" in lines
        assert f"http-request set-header X-Forwarded-Proto {entry_point}" in lines
        assert f"http-request set-header X-Forwarded-Port {port}" in lines


def test_a_trusted_sender_is_believed() -> None:
    """Only from its address, and only where Traefik's option says so, headers stay."""
    text = render(resolved(WEB), {"http": ("10.44.0.2/32",)})
    stranger = " if !{ src 10.44.0.2/32 }"
    lines = section(text, "frontend http")
    assert f"http-request del-header X-Forwarded-For{stranger}" in lines
    assert f"http-request set-header X-Forwarded-Proto http{stranger}" in lines
    assert "http-request del-header X-Forwarded-For" in section(text, "frontend https")


def test_trusted_senders_are_read_from_the_compose_file(tmp_path: Path) -> None:
    """Traefik's option in any case of letters; no file, no trust."""
    compose = tmp_path / "docker-compose.yml"
    assert read_trusted(compose) == {}
    option = "--entrypoints.http.forwardedHeaders.trustedIPs=10.44.0.2/32"
    compose.write_text(f"services: {{traefik: {{command: ['--ping=true', '{option}']}}}}")
    assert read_trusted(compose) == {"http": ("10.44.0.2/32",), "https": ()}
