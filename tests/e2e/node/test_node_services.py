"""The services of an instance, and the local cloud after its own restart."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localcloud.hetzner.machines import InboundRule
from localcloud.node import services
from localcloud.node.archives import File, put_files
from localcloud.node.edge import Backend, Edge, Front
from localcloud.node.images import ROOT
from localcloud.node.machines import DockerMachines
from localcloud.node.redirects import Redirects

if TYPE_CHECKING:
    from tests.e2e.node.conftest import Server, Servers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


def test_a_second_up_does_nothing(servers: Servers) -> None:
    """Everything is there already: no image is built or pushed, no container replaced."""
    name = f"{servers.instance.prefix}-services"
    before = servers.client.containers.get(name).id
    told: list[str] = []
    services.up(servers.instance, told.append)
    assert told == []
    assert servers.client.containers.get(name).id == before


def test_a_new_authority_replaces_the_services(servers: Servers) -> None:
    """An instance whose home was removed gets services with the certificates of its new one."""
    other = replace(servers.instance, home=servers.folder / "other-home")
    name = f"{servers.instance.prefix}-services"
    before = servers.client.containers.get(name).id
    services.up(other, lambda _line: None)
    replaced = servers.client.containers.get(name).id
    services.up(servers.instance, lambda _line: None)
    assert replaced != before
    assert servers.client.containers.get(name).id != replaced


def test_the_open_registry_does_not_have_the_apps_images(web: Server) -> None:
    """The two registries are two: the app's images are behind the login only."""
    web.run("docker pull -q docker.localcloud.test/library/redis:7-alpine")
    pulled = web.ssh("docker pull -q docker.localcloud.test/nutri/backend:drain-1")
    assert "not found" in pulled.stderr


def test_lets_encrypt_is_where_the_proxy_looks_for_it(web: Server) -> None:
    """Under the vendor's own name, with a certificate that the server's bundle trusts."""
    there = json.loads(web.run("curl -sSf https://acme-v02.api.letsencrypt.org/directory"))
    assert there["newOrder"].startswith("https://acme-v02.api.letsencrypt.org/")


def test_accounts_outlive_the_acme_server(servers: Servers) -> None:
    """The volume keeps them: a proxy registers once, and uses its account for years."""
    name = f"{servers.instance.prefix}-acme"
    container = servers.client.containers.get(name)
    kept = b'{"seed": 1, "keys": []}'
    put_files(container, [File("/run/acme/accounts.json", kept)])
    container.restart(timeout=1)
    assert container.exec_run(["cat", "/run/acme/accounts.json"]).output == kept
    container.reload()
    assert container.status == "running"


def test_the_download_site_serves_over_tls(web: Server) -> None:
    """The installer's address answers with the tree's own file."""
    script = web.run("curl -fsSL https://cdn.localcloud.test/coolify/install.sh")
    assert script == (ROOT / "coolify" / "cdn" / "install.sh").read_text().strip()


def test_servers_come_back_after_a_restart_of_everything(servers: Servers) -> None:
    """Engine and local cloud stop; `resume` boots what was on, with its address and firewall."""
    server = servers.boot(11)
    servers.machines.create(servers.describe(12).spec())
    servers.machines.set_firewall(11, (InboundRule("tcp", (22, 22), ("127.0.0.0/8",)),))
    servers.client.containers.get(f"{servers.instance.prefix}-server-11").kill()
    again = DockerMachines(servers.instance, servers.client)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    asyncio.run_coroutine_threadsafe(servers.machines.edge.stop(), servers.loop).result(20)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(again.edge.start(), loop).result(20)
        again.resume()
        server.wait_booted()
        assert again.running(11)
        assert not again.running(12)
        assert again.edge.open_ports(11) == {22}
    finally:
        again.close()
        asyncio.run_coroutine_threadsafe(again.edge.stop(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        asyncio.run_coroutine_threadsafe(servers.machines.edge.start(), servers.loop).result(20)
    for server_id in (11, 12):
        servers.machines.delete(server_id)


def test_a_server_keeps_its_port_beside_a_program_on_all_addresses(
    servers: Servers, web: Server
) -> None:
    """This machine's own sshd on 0.0.0.0:22 neither hides nor answers for the server's."""
    container = servers.client.api.inspect_container(f"{servers.instance.prefix}-server-2")
    networks = container["NetworkSettings"]["Networks"]
    inside = networks[servers.instance.prefix]["IPAddress"]
    web.run("docker version >/dev/null")
    with socket.socket() as squatter:
        squatter.bind(("0.0.0.0", 0))  # noqa: S104 - what an sshd does; nothing is accepted
        squatter.listen()
        port = squatter.getsockname()[1]
        web.run(f"systemd-run --quiet --unit taken python3 -m http.server {port} --directory /mnt")
        web.run(f"timeout 20 sh -c 'until ss -ltn | grep -q :{port}; do sleep 0.1; done'")
        edge = Edge(redirects=Redirects("localcloud-e2e-redirect"))
        asyncio.run_coroutine_threadsafe(edge.start(), servers.loop).result(20)
        front = Front("127.203.0.200", None, Backend(inside, container["State"]["Pid"]))
        edge.publish(1, front)
        assert _first_line("127.203.0.200", port).startswith("HTTP/1.0 200")
        asyncio.run_coroutine_threadsafe(edge.stop(), servers.loop).result(20)
    with pytest.raises(ConnectionRefusedError):
        _first_line("127.203.0.200", port)
    web.run("systemctl stop taken")


def _first_line(address: str, port: int) -> str:
    with socket.create_connection((address, port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return client.makefile().readline()
