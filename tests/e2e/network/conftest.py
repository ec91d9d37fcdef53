"""A local cloud of its own with two servers in a private network."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import docker
import pytest
from hcloud import Client
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType

from localcloud.node import docker_engine
from localcloud.process import environment
from localcloud.settings import DEMO_TOKEN
from tests.e2e import lanes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker.models.containers import Container
    from hcloud.networks import BoundNetwork
    from hcloud.servers import BoundServer

    from localcloud.settings import Instance

ROOT = Path(__file__).parents[3]
TYPE, LOCATION = ServerType(name="cx23"), Location(name="fsn1")
# Answers with the server's name; on /health with what /run/health says.
_WEB = """\
#cloud-config
write_files:
  - path: /opt/web.py
    content: |
      import http.server, pathlib, socket
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              body = socket.gethostname().encode()
              self.send_response(200)
              self.send_header("Content-Length", str(len(body)))
              self.end_headers()
              self.wfile.write(body)
          def log_message(self, *arguments):
              pass
      http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
  - path: /etc/systemd/system/web.service
    content: |
      [Service]
      ExecStart=/usr/bin/python3 /opt/web.py
      Restart=always
runcmd:
  - [systemctl, daemon-reload]
  - [systemctl, start, web]
"""


@dataclass(frozen=True)
class Platform:
    """The running instance, and what the tests share of it."""

    client: Client
    engine: docker.DockerClient
    instance: Instance
    network: BoundNetwork
    servers: dict[str, BoundServer]

    def container(self, server: str) -> Container:
        """The container of a server."""
        return self.engine.containers.get(
            f"{self.instance.prefix}-server-{self.servers[server].id}"
        )

    def run(self, server: str, *command: str) -> tuple[int, str]:
        """Code and output of a command in a server."""
        code, output = self.container(server).exec_run(list(command))
        return code or 0, cast("bytes", output).decode()

    def serves(self, server: str) -> bool:
        """Whether the program in a server answers."""
        return self.run(server, "curl", "-sf", "localhost:8080")[0] == 0


def eventually(condition: Callable[[], Any], what: str, seconds: float = 40) -> None:
    """Wait for a condition, failing with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The local cloud of these tests."""
    with lanes.claim() as lane:
        yield lane.instance(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def localcloud(cloud_environment: dict[str, str], instance: Instance) -> Callable[[str], None]:
    """The command `localcloud` for this instance; it has to succeed."""
    own = environment(instance)

    def run(word: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "localcloud", word],
            cwd=ROOT,
            env=cloud_environment | own,
            capture_output=True,
            text=True,
            check=False,
            timeout=1500,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def platform(localcloud: Callable[[str], None], instance: Instance) -> Iterator[Platform]:
    """Two servers with a small web server each, in a network from the first boot."""
    docker_engine.ensure()
    localcloud("down")  # what a killed run left
    localcloud("up")
    try:
        client = Client(DEMO_TOKEN, api_endpoint=instance.endpoint, poll_interval=0.2)
        subnet = NetworkSubnet(type="cloud", ip_range="10.0.1.0/24", network_zone="eu-central")
        network = client.networks.create("private", "10.0.0.0/16", subnets=[subnet])
        servers = {name: _server(client, name, network) for name in ("one", "two")}
        made = Platform(client, docker.from_env(), instance, network, servers)
        eventually(lambda: all(made.serves(name) for name in servers), "both serve")
        yield made
    finally:
        localcloud("down")
    left = docker.from_env()
    filters: Any = {"label": f"localcloud.instance={instance.name}"}
    assert left.containers.list(all=True, filters=filters) == []
    assert left.networks.list(filters=filters) == []
    assert left.volumes.list(filters=filters) == []


def _server(client: Client, name: str, network: BoundNetwork) -> BoundServer:
    made = client.servers.create(
        name,
        TYPE,
        Image(name="debian-12"),
        location=LOCATION,
        networks=[network],
        user_data=_WEB,
        labels={"role": "web"},
    )
    for action in (made.action, *made.next_actions):
        action.wait_until_finished()
    made.server.reload()
    return made.server
