"""Asks the Docker engine of this server what runs, and listens to what happens."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from localcloud.coolify.proxy.labels import Container

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 10.0
_EVENTS = {"type": ["container"], "event": ["start", "die", "health_status", "destroy", "rename"]}
_UNFIT = ("(unhealthy)", "(health: starting)")


@dataclass(frozen=True)
class DockerSocket:
    """The engine behind a unix socket."""

    path: str = "/var/run/docker.sock"

    def containers(self) -> tuple[Container, ...]:
        """Running containers that are healthy, or have no health to speak of."""
        return tuple(
            _container(entry)
            for entry in self._get("/containers/json")
            if not any(word in entry["Status"] for word in _UNFIT)
        )

    def events(self) -> Iterator[str]:
        """What happens to containers, as it happens; ends when the engine does."""
        connection = _Connection(self.path, None)
        connection.request("GET", f"/events?filters={quote(json.dumps(_EVENTS))}")
        for line in connection.getresponse():
            event = json.loads(line)
            yield f"{event['Action']} {event['Actor']['Attributes'].get('name', '')}"

    def _get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        connection = _Connection(self.path, _SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise OSError(f"Docker answers {response.status}: {content[:200]!r}")
        return json.loads(content)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost")
        self._path, self._seconds = path, timeout

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        self.sock.connect(self._path)


def _container(entry: dict[str, Any]) -> Container:
    labels = entry["Labels"] or {}
    networks = entry["NetworkSettings"]["Networks"]
    chosen: dict[str, Any] = networks.get(labels.get("traefik.docker.network")) or next(
        iter(networks.values()), {}
    )
    ports = sorted({port["PrivatePort"] for port in entry["Ports"] if port["Type"] == "tcp"})
    name = entry["Names"][0].lstrip("/")
    return Container(entry["Id"][:12], name, chosen.get("IPAddress", ""), labels, tuple(ports))
