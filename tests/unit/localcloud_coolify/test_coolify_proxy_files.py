"""The folder of configuration files and the store of certificates."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from localcloud.coolify.proxy.agent import Agent
from localcloud.coolify.proxy.certificates import Certificates, self_signed
from localcloud.coolify.proxy.dynamic import parse, read_folder
from localcloud.coolify.proxy.model import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAINTENANCE = """
http:
  routers:
    Maintenance:
      rule: Host(`api.nutri.test`)
      entryPoints: [http, https]
      priority: 100000
      tls: {}
      service: page
      middlewares: [page]
  services:
    page:
      loadBalancer:
        servers: [{url: "http://maintenance:8080"}]
        healthCheck: {path: /ready, interval: 2s}
  middlewares:
    page: {replacePath: {path: /index.html}}
"""


def test_a_file_is_read_like_labels() -> None:
    """Names keep their case, options are read in any; references stay inside the file."""
    found = parse(MAINTENANCE)
    router = found.routers["Maintenance@file"]
    assert (router.rank, router.tls, router.cert_resolver) == (100000, True, None)
    assert router.entry_points == ("http", "https")
    assert (router.service, router.middlewares) == ("page@file", ("page@file",))
    service = found.services["page@file"]
    assert service.probe == Probe("/ready", 2.0, 5.0)
    assert [(one.host, one.port) for one in service.servers] == [("maintenance", 8080)]
    middleware = found.middlewares["page@file"]
    assert (middleware.kind, middleware.option("path")) == ("replacepath", "/index.html")


def test_a_broken_file_does_not_harm_the_others(tmp_path: Path) -> None:
    """It is named, and the rest is used; files of other kinds are not looked at."""
    (tmp_path / "good.yaml").write_text(MAINTENANCE)
    (tmp_path / "bad.yml").write_text("http: [")
    (tmp_path / "worse.yaml").write_text("http: {routers: {a: {rule: x}}}")
    (tmp_path / "Caddyfile").write_text("http: [")
    found = read_folder(tmp_path)
    assert list(found.configuration.routers) == ["Maintenance@file"]
    assert [problem.split()[0] for problem in found.problems] == ["bad.yml", "worse.yaml"]


class Authority(http.server.BaseHTTPRequestHandler):
    """Signs what is posted, or refuses."""

    posted: list[bytes]
    refuse = False

    def do_POST(self) -> None:
        """Answer with a certificate that is as good as any here."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).posted.append(body)
        self.send_response(503 if self.refuse else 200)
        self.end_headers()
        self.wfile.write(self_signed("signed")[1].encode())

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def authority() -> Iterator[http.server.ThreadingHTTPServer]:
    """A certificate authority on a loopback port."""
    Authority.posted, Authority.refuse = [], False
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def certificates(folder: Path, server: http.server.ThreadingHTTPServer) -> Certificates:
    """A store in a folder, with this authority."""
    url = f"http://127.0.0.1:{server.server_port}/sign"
    found = Certificates(folder / "acme.json", folder / "pem", url)
    found.prepare()
    return found


def test_a_certificate_is_got_once_and_kept(
    tmp_path: Path, authority: http.server.ThreadingHTTPServer
) -> None:
    """The key never leaves; a later start needs no authority."""
    store = certificates(tmp_path, authority)
    assert store.ensure(["api.nutri.test"])
    assert not store.ensure(["api.nutri.test"])
    (request,) = Authority.posted
    asked = ["openssl", "req", "-noout", "-text"]
    said = subprocess.run(asked, input=request, capture_output=True, check=True).stdout.decode()
    assert "DNS:api.nutri.test" in said
    assert b"PRIVATE KEY" not in request
    pem = (tmp_path / "pem" / "api.nutri.test.pem").read_text()
    assert "PRIVATE KEY" in pem
    assert (tmp_path / "acme.json").stat().st_mode & 0o777 == 0o600
    again = Certificates(tmp_path / "acme.json", tmp_path / "fresh", "http://127.0.0.1:1/sign")
    again.prepare()
    assert not again.ensure(["api.nutri.test"])
    assert (tmp_path / "fresh" / "api.nutri.test.pem").read_text() == pem


def test_a_refusal_is_told_and_not_repeated_at_once(
    tmp_path: Path,
    authority: http.server.ThreadingHTTPServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One host's trouble neither stops the others nor hammers the authority."""
    Authority.refuse = True
    store = certificates(tmp_path, authority)
    assert not store.ensure(["api.nutri.test"])
    assert not store.ensure(["api.nutri.test"])
    assert len(Authority.posted) == 1
    assert "no certificate for api.nutri.test" in caplog.text
    Authority.refuse = False
    assert store.ensure(["api.nutri.test", "ml.nutri.test"])
    assert not (tmp_path / "pem" / "api.nutri.test.pem").exists()


def test_no_host_escapes_the_folder(
    tmp_path: Path, authority: http.server.ThreadingHTTPServer
) -> None:
    """What is no host name is not asked for."""
    store = certificates(tmp_path, authority)
    assert not store.ensure(["../evil", "a b", "-x.test", "*"])
    assert Authority.posted == []


def test_a_damaged_store_is_begun_anew(
    tmp_path: Path, authority: http.server.ThreadingHTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and certificates are got again."""
    (tmp_path / "acme.json").write_text("{")
    store = certificates(tmp_path, authority)
    assert store.ensure(["api.nutri.test"])
    assert "is damaged" in caplog.text
    assert "letsencrypt" in json.loads((tmp_path / "acme.json").read_text())


@pytest.mark.parametrize(("content", "delay"), [(None, 0), ("2.5\n", 2.5), ("soon", 0)])
def test_the_fault_of_a_proxy_that_learns_late(
    tmp_path: Path, content: str | None, delay: float
) -> None:
    """A file beside the certificates says by how many seconds; nonsense is no delay."""
    if content is not None:
        (tmp_path / "localcloud-event-delay").write_text(content)
    assert Agent(folder=tmp_path).delay() == delay


def test_each_event_is_late_by_itself(tmp_path: Path) -> None:
    """Many events do not add up, and the listener never sleeps."""
    (tmp_path / "localcloud-event-delay").write_text("0.3")
    agent = Agent(folder=tmp_path)
    began = time.monotonic()
    for _ in range(5):
        agent._notice("die x")
    assert not agent._wake.is_set()
    assert agent._wake.wait(5)
    assert 0.25 < time.monotonic() - began < 1.4
