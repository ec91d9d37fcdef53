"""Coolify of the double on a real server: installer, deployments, proxy."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from infra.coolify.proxy import options, with_options
from infra.ingress.routes import API_HOST, api_shut
from infra.remote import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.coolify.conftest import Platform, Replicas

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
HOST = "api.nutri.test"
BACKEND = "ghcr.localcloud.test/nutri/backend"


def backends(replicas: Replicas, count: int = 12) -> set[str]:
    """The containers that answer, over so many requests."""
    with replicas.platform.browser() as browser:
        answers = [replicas.platform.get(browser, "/health") for _ in range(count)]
    assert {answer.status_code for answer in answers} == {200}
    return {answer.json()["container_id"] for answer in answers}


def wait_for_backends(replicas: Replicas, count: int, seconds: float = 30) -> set[str]:
    """Wait until exactly so many containers answer."""
    deadline = time.monotonic() + seconds
    while len(found := backends(replicas)) != count:
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


def test_the_installer_leaves_what_the_real_one_leaves(platform: Platform) -> None:
    """Containers, volumes, files, keys and the settings that were there before."""
    names = set(platform.run("docker ps --format '{{.Names}}'").split())
    assert {"coolify", "coolify-db", "coolify-redis", "coolify-realtime"} <= names
    volumes = set(platform.run("docker volume ls -q").split())
    assert {"coolify-db", "coolify-redis"} <= volumes
    env = platform.run("cat /data/coolify/source/.env")
    assert "DB_PASSWORD=chosen-by-us" in env
    assert "COOLIFY_VERSION=4.3.10" in env
    assert platform.run("stat -c '%u %a' /data/coolify/ssh/keys") == "9999 700"
    (key,) = platform.run("ls /data/coolify/ssh/keys").split()
    assert key.startswith("ssh_key@")
    assert platform.run("grep -c coolify /root/.ssh/authorized_keys") == "1"
    daemon = json.loads(platform.run("cat /etc/docker/daemon.json"))
    assert daemon["default-address-pools"] == [{"base": "172.24.0.0/14", "size": 24}]
    gateway = platform.run("docker network inspect coolify -f '{{(index .IPAM.Config 0).Subnet}}'")
    assert gateway.startswith("172.2")
    assert platform.api("GET", "/version") == "4.3.10"


def test_the_custom_compose_file_decides_about_ports(platform: Platform) -> None:
    """Its `!override` binds the websocket to loopback; the API keeps its default."""
    ports = platform.run("docker port coolify-realtime")
    assert sorted(ports.splitlines()) == [
        "6001/tcp -> 127.0.0.1:6001",
        "6002/tcp -> 127.0.0.1:6002",
    ]
    assert "0.0.0.0:8000" in platform.run("docker port coolify")
    assert platform.run("curl -sf http://127.0.0.1:6002/ready") == "OK"


def test_requests_are_balanced_with_a_certificate_of_the_authority(replicas: Replicas) -> None:
    """Two containers with equal labels are one service; the client checks the certificate."""
    assert len(wait_for_backends(replicas, 2)) == 2
    stored = json.loads(replicas.platform.run("cat /data/coolify/proxy/acme.json"))
    hosts = [entry["domain"]["main"] for entry in stored["letsencrypt"]["Certificates"]]
    assert hosts == [HOST]


def test_http_goes_to_https_and_unknown_hosts_nowhere(replicas: Replicas) -> None:
    """A redirect for the app's name, 404 for any other: Coolify's catch-all is for TLS alone."""
    address = replicas.platform.address
    there = httpx.get(f"http://{address}/x?y=1", headers={"Host": HOST})
    assert (there.status_code, there.headers["location"]) == (301, f"https://{HOST}/x?y=1")
    assert httpx.get(f"http://{address}/", headers={"Host": "other.test"}).status_code == 404
    assert httpx.get(f"http://{address}/ping").text == "OK"


def test_a_container_carries_coolifys_names_and_labels(replicas: Replicas) -> None:
    """`<uuid>-<12 digits>`, on network coolify under its aliases, its files on the server."""
    uuid = replicas.uuids[0]
    ((name, image),) = replicas.platform.containers(uuid).items()
    assert (name.split("-")[0], len(name.split("-")[1])) == (uuid, 12)
    assert image == f"{BACKEND}:drain-1"
    found = json.loads(replicas.platform.run(f"docker inspect {name}"))[0]
    assert found["Config"]["Labels"]["coolify.projectName"] == "nutri"
    assert "nutri-backend" in found["NetworkSettings"]["Networks"]["coolify"]["Aliases"]
    files = replicas.platform.run(f"stat -c '%a %n' /data/coolify/applications/{uuid}/.env")
    assert files.startswith("600 ")


def test_a_rolling_update_drops_no_request(replicas: Replicas) -> None:
    """While one replica after the other is replaced, every request is answered."""
    with replicas.platform.visitors() as seen:
        for uuid in replicas.uuids:
            state = replicas.platform.deploy(uuid, "drain-2")
            assert state["status"] == "finished", state["logs"]
        time.sleep(1)
    assert set(seen) == {"200 drain-1", "200 drain-2"}, seen
    for uuid in replicas.uuids:
        assert list(replicas.platform.containers(uuid).values()) == [f"{BACKEND}:drain-2"]


def test_a_version_that_never_gets_healthy_is_refused(replicas: Replicas) -> None:
    """The deployment fails with the container's last words; the old version never stops."""
    uuid = replicas.uuids[0]
    before = replicas.platform.containers(uuid)
    with replicas.platform.visitors() as seen:
        state = replicas.platform.deploy(uuid, "drain-never-healthy")
    assert state["status"] == "failed"
    lines = "\n".join(entry["output"] for entry in json.loads(state["logs"]))
    assert "Attempt" in lines
    assert "request_completed" in lines
    assert {key for key in seen if key != "200 drain-2"} == set(), seen
    deadline = time.monotonic() + 30
    while replicas.platform.containers(uuid) != before:
        assert time.monotonic() < deadline, "the new container is still there"
        time.sleep(0.5)
    replicas.platform.api(
        "PATCH", f"/applications/{uuid}", {"docker_registry_image_tag": "drain-2"}
    )


def test_coolifys_own_proxy_shows_its_api_to_everybody(replicas: Replicas) -> None:
    """What has to be shut: its labels make a router without a rule, named after the container."""
    there = f"http://{replicas.platform.address}/api/rawdata"
    answer = httpx.get(there, headers={"Host": API_HOST})
    assert answer.status_code == 200
    assert "api@docker" in answer.json()["services"]


@pytest.fixture(scope="module")
def set_up(replicas: Replicas) -> Replicas:
    """The proxy with the program's own options, and its API shut."""
    platform = replicas.platform
    server = platform.api("GET", "/servers")[0]["uuid"]
    compose = platform.api("GET", f"/servers/{server}/proxy")["configuration"]
    changed = {"configuration": with_options(compose, options("10.44.0.2"))}
    platform.api("PUT", f"/servers/{server}/proxy/configuration", changed)
    before = platform.run("docker inspect -f '{{.Id}}' coolify-proxy")
    platform.api("POST", f"/servers/{server}/proxy/restart")
    state = "docker inspect -f '{{.Id}} {{.State.Health.Status}}' coolify-proxy || true"
    deadline = time.monotonic() + 90
    while (found := platform.run(state).split()) and (found[0] == before or found[1] != "healthy"):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    platform.run(program("shut-proxy-api.sh", {"ROUTES": api_shut()}))
    wait_for_backends(replicas, 2)
    return replicas


def test_the_api_is_shut_but_to_the_proxys_own_container(set_up: Replicas) -> None:
    """From outside, in whatever spelling; what is in force is asked within."""
    platform = set_up.platform
    for host in (API_HOST, API_HOST.upper(), f"{API_HOST}:80", f"{API_HOST}."):
        for path in ("/api/rawdata", "/api/http/services", "/dashboard/", "/"):
            forged = {"Host": host, "X-Forwarded-For": "127.0.0.1", "X-Real-Ip": "127.0.0.1"}
            assert httpx.get(f"http://{platform.address}{path}", headers=forged).status_code == 403
    asked = f"wget -qO- --header 'Host: {API_HOST}' http://127.0.0.1/api/http/services"
    assert "api@docker" in platform.run(f"docker exec coolify-proxy {asked}")


def test_a_replica_that_dies_is_taken_out(set_up: Replicas) -> None:
    """What was under way is lost; nobody hangs on the address that is gone."""
    platform = set_up.platform
    (name,) = platform.containers(set_up.uuids[0])
    with platform.visitors() as seen:
        platform.run(f"docker kill {name}")
        time.sleep(3)
    assert set(seen) <= {"200 drain-2", "502 nobody"}, seen
    assert seen["502 nobody"] <= 2, seen  # the visitors are two
    assert max(platform.took) < 3, sorted(platform.took)[-5:]
    assert len(backends(set_up)) == 1
    platform.run(f"docker start {name}")
    wait_for_backends(set_up, 2)


def test_a_starved_machine_loses_no_healthy_replica(set_up: Replicas) -> None:
    """All replicas stand still for more than two seconds: people wait, nobody is turned away.

    With a check that waits for one second all of them are taken out, and newcomers get 503.
    """
    platform = set_up.platform
    names = " ".join(name for uuid in set_up.uuids for name in platform.containers(uuid))
    with platform.crowd() as seen:
        for _ in range(3):
            platform.run(f"docker pause {names}; sleep 2.3; docker unpause {names}")
            time.sleep(1.5)
    assert set(seen) == {"200"}, seen


def test_the_options_are_in_force(set_up: Replicas) -> None:
    """Traefik itself says what it took: ten minutes for a body, on both entry points."""
    asked = f"wget -qO- --header 'Host: {API_HOST}' http://127.0.0.1/api/entrypoints"
    found = json.loads(set_up.platform.run(f"docker exec coolify-proxy {asked}"))
    limits = {
        one["name"]: one["transport"]["respondingTimeouts"]["readTimeout"]
        for one in found
        if one["name"] in {"http", "https"}
    }
    assert limits == {"http": "10m0s", "https": "10m0s"}


@pytest.mark.long
def test_an_upload_of_a_minute_and_a_half_arrives(set_up: Replicas) -> None:
    """A body that takes longer than Traefik's own minute gets to the app, which answers."""
    address = set_up.platform.address
    with set_up.platform.browser() as browser:
        answer = browser.post(
            f"https://{address}/meals",
            content=_slowly(90),
            headers={"Content-Length": "90", "Content-Type": "application/octet-stream"},
            extensions={"sni_hostname": HOST},
            timeout=30,
        )
    assert answer.headers["content-type"] == "application/json", answer.text  # the app's own


def _slowly(seconds: int) -> Iterator[bytes]:
    for _ in range(seconds):
        time.sleep(1)
        yield b"x"


def test_replicas_with_different_labels_are_taken_off(replicas: Replicas) -> None:
    """Traefik's rule: a service that is defined in two ways is none; equal again, it is back."""
    platform, uuid = replicas.platform, replicas.uuids[1]
    labels = platform.api("GET", f"/applications/{uuid}")["custom_labels"]
    platform.run(
        "docker run -d --name odd --network coolify --label traefik.enable=true "
        "--label traefik.http.services.api.loadbalancer.server.port=9 "
        "--label traefik.http.services.api.loadbalancer.healthcheck.path=/odd "
        f"{BACKEND}:drain-1"
    )
    try:
        _wait_for_status(platform, 503)
        said = platform.run("docker logs coolify-proxy 2>&1")
        assert "defined multiple times with different configurations" in said
    finally:
        platform.run("docker rm -f odd")
    _wait_for_status(platform, 200)
    assert platform.api("GET", f"/applications/{uuid}")["custom_labels"] == labels


def _wait_for_status(platform: Platform, status: int) -> None:
    deadline = time.monotonic() + 20
    with platform.browser() as browser:
        while (found := platform.get(browser, "/version").status_code) != status:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)


def test_a_maintenance_file_takes_over_and_lets_go(replicas: Replicas) -> None:
    """A router of higher priority in the proxy's folder wins while the file is there."""
    platform = replicas.platform
    page = (
        "http:\n  routers:\n    maintenance:\n"
        f"      rule: Host(`{HOST}`)\n      service: gone\n"
        "      priority: 100000\n      tls: {}\n"
        "  services:\n    gone: {loadBalancer: {servers: []}}\n"
    )
    folder = "/data/coolify/proxy"
    platform.run(f"cat >{folder}/m.new <<'X'\n{page}X\nmv {folder}/m.new {folder}/dynamic/m.yaml")
    _wait_for_status(platform, 503)
    platform.run(f"rm {folder}/dynamic/m.yaml")
    _wait_for_status(platform, 200)


def test_logs_of_the_app_come_through_the_api(replicas: Replicas) -> None:
    """The last lines of the container, as JSON the app wrote."""
    logs = replicas.platform.api("GET", f"/applications/{replicas.uuids[0]}/logs?lines=3")["logs"]
    assert all(json.loads(line)["service"] == "backend" for line in logs.splitlines())


def test_running_the_installer_again_keeps_everything(replicas: Replicas) -> None:
    """An upgrade: Coolify's own containers are new, database, keys and replicas are not."""
    platform = replicas.platform
    before = platform.run("docker ps -q --filter label=coolify.type=application | sort")
    key = platform.run("cat /data/coolify/ssh/keys/*")
    old = platform.run("docker inspect -f '{{.Id}}' coolify")
    # As after an installation that was cut off: a part is missing, the status is stale.
    platform.run(
        "docker rm -f coolify-redis; echo '3|Pulling|now' >/data/coolify/source/.upgrade-status"
    )
    platform.install()
    assert platform.run("docker inspect -f '{{.Id}}' coolify") != old
    assert platform.run("docker ps -q --filter label=coolify.type=application | sort") == before
    assert platform.run("cat /data/coolify/ssh/keys/*") == key
    assert [app["name"] for app in platform.api("GET", "/applications")] == [
        "nutri-backend-1",
        "nutri-backend-2",
    ]
    assert platform.run("docker port coolify-realtime").count("127.0.0.1") == 2


def test_a_stopped_application_is_taken_out_and_started_again(replicas: Replicas) -> None:
    """Stop removes the container, start deploys it anew; the status follows Docker."""
    platform, uuid = replicas.platform, replicas.uuids[0]
    platform.api("POST", f"/applications/{uuid}/stop?docker_cleanup=false")
    deadline = time.monotonic() + 40
    while platform.containers(uuid):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    wait_for_backends(replicas, 1)
    state = platform.deploy(uuid, "drain-1")
    assert state["status"] == "finished"
    wait_for_backends(replicas, 2)
    _wait_for_healthy(platform, uuid)


def _wait_for_healthy(platform: Platform, uuid: str) -> None:
    deadline = time.monotonic() + 30
    while (status := platform.api("GET", f"/applications/{uuid}")["status"]) != "running:healthy":
        assert time.monotonic() < deadline, status
        time.sleep(0.5)
