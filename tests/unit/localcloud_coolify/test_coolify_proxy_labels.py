"""Labels of containers: read as Traefik reads them, merged by its rule."""

from __future__ import annotations

import pytest

from localcloud.coolify.proxy.labels import Container, LabelError, read, seconds
from localcloud.coolify.proxy.merge import merge
from localcloud.coolify.proxy.model import Probe

ROUTER, SERVICE = "traefik.http.routers.web", "traefik.http.services.web.loadbalancer"
LABELS = {
    "traefik.enable": "true",
    f"{ROUTER}.rule": "Host(`web.test`)",
    f"{ROUTER}.entryPoints": "https",
    f"{ROUTER}.tls": "true",
    f"{ROUTER}.tls.certresolver": "letsencrypt",
    f"{ROUTER}.service": "web",
    f"{ROUTER}.middlewares": "again, other@file",
    f"{SERVICE}.server.port": "3000",
    f"{SERVICE}.healthcheck.path": "/health",
    f"{SERVICE}.healthcheck.interval": "2s",
    f"{SERVICE}.healthcheck.timeout": "500ms",
    "traefik.http.middlewares.again.retry.attempts": "3",
}


def container(name: str, labels: dict[str, str], ports: tuple[int, ...] = ()) -> Container:
    """A running container at an address of its own."""
    return Container(f"id-{name}", name, f"10.0.0.{ord(name[-1])}", labels, ports)


def test_a_router_is_read_with_its_references() -> None:
    """Names get their provider, unless they carry one."""
    router = read(container("a", LABELS)).routers["web@docker"]
    assert router.rule == "Host(`web.test`)"
    assert (router.entry_points, router.service) == (("https",), "web@docker")
    assert router.middlewares == ("again@docker", "other@file")
    assert (router.tls, router.cert_resolver) == (True, "letsencrypt")


def test_option_names_are_read_in_any_case() -> None:
    """`entryPoints` and `entrypoints`, `loadBalancer.healthCheck` and all small."""
    shouted = {key.replace("loadbalancer", "loadBalancer"): value for key, value in LABELS.items()}
    assert read(container("a", shouted)) == read(container("a", LABELS))


def test_a_service_has_the_containers_address_and_probe() -> None:
    """Port and active check come from the labels."""
    service = read(container("a", LABELS)).services["web@docker"]
    (server,) = service.servers
    assert (server.host, server.port) == ("10.0.0.97", 3000)
    assert service.probe == Probe("/health", 2.0, 0.5)


def test_without_a_port_label_the_lowest_exposed_port_is_taken() -> None:
    """And without either the container cannot be routed to."""
    labels = {"traefik.enable": "true", f"{ROUTER}.rule": "Host(`a`)"}
    (service,) = read(container("a", labels, (80, 443))).services.values()
    assert service.servers[0].port == 80
    with pytest.raises(LabelError, match="no port"):
        read(container("a", labels))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({f"{ROUTER}.rule": ""}, "router web has no rule"),
        ({f"{ROUTER}.priority": "high"}, "priority is no number"),
        ({f"{SERVICE}.healthcheck.interval": "soon"}, "'soon' is no duration"),
        ({f"{SERVICE}.server.port": "http"}, "service web"),
    ],
)
def test_nonsense_names_container_and_label(change: dict[str, str], said: str) -> None:
    """Whoever reads the log knows where to look."""
    with pytest.raises(LabelError, match=f"box-a.*{said}"):
        read(container("box-a", {**LABELS, **change}))


def test_equal_services_become_one_with_all_servers() -> None:
    """That is what makes replicas out of applications."""
    merged = merge([container("b", LABELS), container("a", LABELS)])
    service = merged.configuration.services["web@docker"]
    assert [server.name for server in service.servers] == ["id-a", "id-b"]
    assert list(merged.configuration.routers) == ["web@docker"]
    assert merged.problems == ()


def test_services_that_differ_are_dropped_for_all() -> None:
    """One replica with another interval takes the service away; the log says so."""
    other = {**LABELS, f"{SERVICE}.healthcheck.interval": "9s"}
    merged = merge([container(name, LABELS) for name in "ab"] + [container("c", other)])
    assert merged.configuration.services == {}
    (problem,) = merged.problems
    assert problem.startswith("Service web@docker defined multiple times")


def test_routers_that_differ_are_dropped_for_all() -> None:
    """The service stays, and nothing leads to it."""
    other = {**LABELS, f"{ROUTER}.rule": "Host(`other.test`)"}
    merged = merge([container("a", LABELS), container("b", other)])
    assert merged.configuration.routers == {}
    assert len(merged.configuration.services["web@docker"].servers) == 2


def test_a_container_that_does_not_ask_is_left_alone() -> None:
    """Nobody is exposed by default; one that makes no sense does not harm the others."""
    broken = {**LABELS, f"{ROUTER}.rule": ""}
    merged = merge(
        [
            container("a", LABELS),
            container("b", {**LABELS, "traefik.enable": "false"}),
            container("c", broken),
        ]
    )
    assert [s.name for s in merged.configuration.services["web@docker"].servers] == ["id-a"]
    assert merged.problems == ("c: router web has no rule",)


@pytest.mark.parametrize(
    ("text", "value"), [("5s", 5), ("500ms", 0.5), ("1m30s", 90), ("2", 2), ("1.5s", 1.5)]
)
def test_durations(text: str, value: float) -> None:
    """Go's way of writing them, and bare seconds."""
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "5 s", "5d"])
def test_bad_durations(text: str) -> None:
    """The message says what would be right."""
    with pytest.raises(ValueError, match="write 5s"):
        seconds(text)
