"""What a server gets: page, routes, and the program that answers, run for real."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

from common.maintenance import OFF, Maintenance, Mode
from common.waiting import wait_until
from infra.ingress.maintenance import contents
from infra.ingress.maintenance.resource import observed
from infra.ingress.maintenance.server import address_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOSTS = {"nutri-backend": "api.nutri.test", "nutri-ml-service": "ml.nutri.test"}
_SERVER = Path(__file__).parents[3] / "infra" / "ingress" / "maintenance" / "server.py"


def _routers(one: Maintenance) -> dict[str, dict[str, object]]:
    found = yaml.safe_load(str(contents(one, _HOSTS)["routes"]))["http"]["routers"]
    mark = found.pop("nutri-maintenance-mark")
    assert (mark["rule"], mark["service"]) == ("Path(`/.nutri/maintenance`)", "noop@internal")
    return dict(found)


def test_off_is_nothing() -> None:
    """No file, no program; the hosts are for seeing that nothing is left."""
    found = contents(OFF, _HOSTS)
    assert (found["routes"], found["state"], found["program"], found["shut"]) == ("", "", "", [])
    assert found["hosts"] == ["api.nutri.test", "ml.nutri.test"]


def test_announced_routes_the_banner_alone(announced: Maintenance) -> None:
    """One path of each host, before everything else."""
    found = _routers(announced)
    assert sorted(found) == ["nutri-backend-banner", "nutri-ml-service-banner"]
    banner = found["nutri-backend-banner"]
    assert banner["rule"] == "Host(`api.nutri.test`) && Path(`/maintenance.json`)"
    assert (banner["tls"], banner["entryPoints"]) == ({}, ["https"])


def test_on_routes_whole_hosts_of_the_services_it_is_about(announced: Maintenance) -> None:
    """The banner before the page, the page before the service."""
    changes = {"mode": Mode.ON, "services": ("nutri-backend",)}
    on = announced.model_copy(update=changes)
    found = _routers(on)
    assert sorted(found) == ["nutri-backend-banner", "nutri-backend-page"]
    banner, page = (found[f"nutri-backend-{kind}"]["priority"] for kind in ("banner", "page"))
    assert isinstance(banner, int)
    assert isinstance(page, int)
    assert banner > page > 1000
    assert contents(on, _HOSTS)["shut"] == ["api.nutri.test"]


def test_behind_a_load_balancer_its_requests_see_the_page_too(announced: Maintenance) -> None:
    """TLS has ended there: what comes from its address comes by plain HTTP."""
    on = announced.model_copy(update={"mode": Mode.ON, "services": ("nutri-backend",)})
    found = yaml.safe_load(contents(on, _HOSTS, "10.44.0.2")["routes"])["http"]["routers"]
    assert "nutri-backend-banner-balanced" in found
    page = found["nutri-backend-page-balanced"]
    assert page["rule"] == "Host(`api.nutri.test`) && ClientIP(`10.44.0.2`)"
    assert (page["entryPoints"], page.get("tls")) == (["http"], None)


@pytest.mark.parametrize(("balancer", "ways"), [("", 2), ("10.44.0.2", 4)])
def test_labels_lead_past_the_page(announced: Maintenance, balancer: str, ways: int) -> None:
    """Before page and banner, to the services' own replicas, on every way people come."""
    labels = dict(one.split("=", 1) for one in contents(OFF, _HOSTS, balancer)["past"])
    routers = "traefik.http.routers"
    assert labels[f"{routers}.nutri-backend-past.service"] == "nutri-backend"
    assert labels[f"{routers}.nutri-backend-past.rule"] == "Host(`api.nutri.test`)"
    before = [int(text) for name, text in labels.items() if name.endswith(".priority")]
    highest = max(int(str(one["priority"])) for one in _routers(announced).values())
    assert len(before) == ways
    assert min(before) > highest
    assert ("ClientIP(`10.44.0.2`)" in str(labels)) is bool(balancer)


def test_the_page_shows_the_message_as_text(announced: Maintenance) -> None:
    """What people write is no HTML."""
    page = json.loads(contents(announced, _HOSTS)["state"])["page"]
    assert "New &lt;disks&gt; &amp; more." in page
    assert announced.span() in page
    assert "src=" not in page


@pytest.fixture
def url(announced: Maintenance, tmp_path: Path) -> Iterator[str]:
    """The program, serving on the loopback interface."""
    end = datetime.now(UTC) + timedelta(hours=1)
    on = announced.model_copy(update={"mode": Mode.ON, "end": end, "start": end - timedelta(1)})
    state = tmp_path / "state.json"
    state.write_text(contents(on, _HOSTS)["state"])
    port = "18503"
    words = [sys.executable, str(_SERVER), "lo", port, str(state)]
    server = subprocess.Popen(words)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(
            "the page's server",
            lambda: httpx.get(address).status_code,
            bound=20,
            interval=0.05,
            retry_on=httpx.HTTPError,
        )
        yield address
    finally:
        server.kill()
        server.wait()


def test_answers(url: str, announced: Maintenance) -> None:
    """Browsers get the page, apps JSON, both 503 and when to come again; the banner is a 200."""
    page = httpx.get(f"{url}/meals?x=1", headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.headers["X-Maintenance"]) == (503, "on")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "New &lt;disks&gt;" in page.text
    assert 3000 < int(page.headers["Retry-After"]) <= 3600
    app = httpx.post(f"{url}/meals", json={"a": 1}, headers={"Accept": "application/json"})
    assert (app.status_code, app.json()["message"]) == (503, announced.message)
    banner = httpx.get(f"{url}/maintenance.json?t=1")
    assert (banner.status_code, banner.json()["mode"]) == (200, "on")
    assert banner.headers["Access-Control-Allow-Origin"] == "*"
    assert banner.headers["Cache-Control"] == "no-store"
    assert "Retry-After" not in banner.headers


def test_connections_are_kept(url: str) -> None:
    """Several requests over one, with and without a body, HEAD too."""
    began = time.monotonic()
    with httpx.Client(base_url=url) as client:
        codes = [client.put("/x", content=b"y" * 5000).status_code, client.head("/x").status_code]
        codes += [client.get("/maintenance.json").status_code, client.options("/").status_code]
    assert codes == [503, 503, 200, 503]
    assert time.monotonic() - began < 5


def test_its_address_is_an_interface_s() -> None:
    """Docker's bridge on a server; the loopback interface here."""
    assert address_of("lo") == "127.0.0.1"
    with pytest.raises(OSError, match="No such device"):
        address_of("docker9")


def test_what_is_on_the_server_is_compared(announced: Maintenance) -> None:
    """Equal to the inputs while all is well; different once something is gone, or left."""
    wanted = contents(announced, _HOSTS)
    there = f"@@ routes\n{wanted['routes']}\n@@ state\n{wanted['state']}\n@@ served\n"
    assert observed(wanted, there + "active\n") == {k: wanted[k] for k in ("routes", "state")}
    assert observed(wanted, there + "failed\n")["routes"] != wanted["routes"]
    gone = "@@ routes\n@@ state\n@@ served\ninactive\n"
    assert observed(wanted, gone)["state"] == ""
    nothing = contents(OFF, _HOSTS)
    assert observed(nothing, gone) == {"routes": "", "state": ""}
    assert observed(nothing, there + "active\n")["routes"] != ""
