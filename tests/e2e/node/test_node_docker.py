"""A server's own Docker engine: registries, names, networks, and the metadata service."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from localcloud.node.publish import GHCR_PASSWORD, GHCR_USER

if TYPE_CHECKING:
    from tests.e2e.node.conftest import Server

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
GHCR = "ghcr.localcloud.test"
APP = f"{GHCR}/nutri/backend"


@pytest.fixture(scope="module")
def app(web: Server) -> str:
    """A server logged in to the registry that runs the app on its port 3000."""
    web.run(f"docker login -u {GHCR_USER} --password-stdin {GHCR}", GHCR_PASSWORD)
    web.run("docker network inspect app || docker network create app")
    web.run(f"docker run -d --name app1 --network app -p 3000:3000 {APP}:drain-1")
    return "app1"


def get(url: str, seconds: float = 15) -> tuple[int, str]:
    """Status and body of a page, once it answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.2)


def test_the_private_registry_wants_a_login(web: Server) -> None:
    """Without credentials, and with wrong ones, nothing can be pulled."""
    web.ssh(f"docker logout {GHCR}")
    assert web.ssh(f"docker pull -q {APP}:drain-2").returncode != 0
    login = web.ssh(f"docker login -u {GHCR_USER} --password-stdin {GHCR}", "wrong")
    assert login.returncode != 0
    assert "401" in login.stderr


def test_the_app_runs_from_the_private_registry(web: Server, app: str) -> None:
    """Pulled over TLS, started by the server's engine, reached at the public address."""
    status, body = get(f"http://{web.address}:3000/health")
    assert status == 200
    health = json.loads(body)
    assert health["status"] == "healthy"
    assert health["version"] == "drain-1"
    assert health["container_id"] == web.run(f"docker inspect -f '{{{{.Config.Hostname}}}}' {app}")


def test_containers_of_a_server_find_the_services(web: Server, app: str) -> None:
    """On a network of their own and on the default one alike: names resolve and answer."""
    directory = "curl -sSk -m 10 https://acme-v02.api.letsencrypt.org/directory"
    assert "newOrder" in web.run(f"docker exec {app} {directory}")
    assert "newOrder" in web.run(f"docker run --rm {APP}:drain-1 {directory}")


def test_names_resolve_with_other_address_pools(web: Server, app: str) -> None:
    """An installer's daemon.json and a restart of the engine change neither flags nor names."""
    pools = {"default-address-pools": [{"base": "172.24.0.0/14", "size": 24}]}
    web.run("cat > /etc/docker/daemon.json && systemctl restart docker", json.dumps(pools))
    web.run("docker network create pooled")
    subnet = web.run("docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' pooled")
    assert subnet.startswith("172.2")
    command = "curl -sSk -m 10 -o /dev/null -w '%{http_code}' https://ghcr.localcloud.test/v2/"
    assert web.run(f"docker run --rm --network pooled {APP}:drain-1 {command}") == "401"
    web.run(f"docker network rm pooled; docker start {app}")


def test_the_metadata_service_can_be_kept_from_containers(web: Server, app: str) -> None:
    """The server and its containers can ask it; a rule in DOCKER-USER stops the containers."""
    ask = "curl -sS -m 2 http://169.254.169.254/hetzner/v1/metadata/instance-id"
    assert web.run(ask) == "2"
    assert web.run(f"docker exec {app} {ask}") == "2"
    web.run("iptables -I DOCKER-USER -d 169.254.169.254 -j DROP")
    try:
        assert web.ssh(f"docker exec {app} {ask}").returncode != 0
        assert web.run(ask) == "2"
    finally:
        web.run("iptables -D DOCKER-USER -d 169.254.169.254 -j DROP")


def test_the_app_drains_on_sigterm(web: Server, app: str) -> None:
    """After SIGTERM health is 503 while requests are served on; then it ends with code 0."""
    web.run(f"docker run -d --name draining -e DRAIN_SECONDS=3 -p 3100:3000 {APP}:drain-2")
    base = f"http://{web.address}:3100"
    assert get(f"{base}/health")[0] == 200
    web.run("docker kill -s TERM draining")
    time.sleep(0.5)
    assert get(f"{base}/health")[0] == 503
    assert json.loads(get(f"{base}/version")[1])["version"] == "drain-2"
    assert web.run("docker wait draining") == "0"
    web.run(f"docker rm draining; docker start {app}")


def test_a_broken_version_never_gets_healthy(web: Server, app: str) -> None:
    """The broken tag starts and answers, but its health is 503."""
    web.run(f"docker run -d --name broken -p 3200:3000 {APP}:drain-never-healthy")
    assert get(f"http://{web.address}:3200/health")[0] == 503
    assert get(f"http://{web.address}:3200/health/live")[0] == 200
    log = json.loads(web.run("docker logs broken").splitlines()[-1])
    assert log["event"] == "request_completed"
    assert {"method", "path", "status", "duration_ms"} <= log.keys()
    web.run(f"docker rm -f broken; docker start {app}")
