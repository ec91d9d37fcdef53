"""The Docker of this server, and what it tells of the service's containers."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.parse
from typing import Any

_PROXY = "coolify-proxy"
_NETWORK = "coolify"

Json = dict[str, Any]


class Docker:
    """The Docker Engine's API on its own socket."""

    def __init__(self, path: str = "/var/run/docker.sock") -> None:
        self._path = path

    def _call(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("docker", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(10)
        try:
            connection.sock.connect(self._path)
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def running(self) -> list[Json]:
        """Every container that runs."""
        found: list[Json] = json.loads(self._call("GET", "/containers/json"))
        return found

    def pid(self, container: str) -> int:
        """The number of its first process; 0 where there is none."""
        found = json.loads(self._call("GET", f"/containers/{container}/json"))
        return int((found.get("State") or {}).get("Pid") or 0)

    def stops(self, since: float) -> dict[str, float]:
        """When each container was told to end, by its id."""
        chosen = urllib.parse.quote('{"event":["kill"],"type":["container"]}')
        path = f"/events?since={since:.0f}&until={time.time():.3f}&filters={chosen}"
        found = [json.loads(line) for line in self._call("GET", path).splitlines() if line]
        told = [one for one in found if _attributes(one).get("signal") in {"15", "SIGTERM"}]
        return {str(one["Actor"]["ID"]): one["timeNano"] / 1e9 for one in told}

    def kill(self, container: str) -> None:
        """End it at once."""
        self._call("POST", f"/containers/{container}/kill?signal=SIGKILL")


def _attributes(event: Json) -> Json:
    found: Json = (event.get("Actor") or {}).get("Attributes") or {}
    return found


class Container:
    """A running container of the service."""

    def __init__(self, listed: Json, service: str) -> None:
        self.id: str = listed["Id"]
        self.labels: dict[str, str] = listed.get("Labels") or {}
        status = str(listed.get("Status"))
        self.is_healthy = "(" not in status or "(healthy)" in status
        networks = (listed.get("NetworkSettings") or {}).get("Networks") or {}
        chosen: Json = networks.get(_NETWORK) or next(iter(networks.values()), {})
        self.address = str(chosen.get("IPAddress") or "")
        self._service = f"traefik.http.services.{service}.loadbalancer."
        self.port = self.labels.get(self._service + "server.port", "")

    @property
    def is_routed(self) -> bool:
        """Whether its labels make it one of the service's."""
        return bool(self.port and self.address)

    @property
    def url(self) -> str:
        """Where the proxy finds it."""
        return f"http://{self.address}:{self.port}"

    @property
    def routing(self) -> dict[str, str]:
        """Its labels for the proxy."""
        return {key: text for key, text in self.labels.items() if key.startswith("traefik.")}


def proxy_addresses(listed: list[Json]) -> set[str]:
    """The proxy's own addresses."""
    networks = [
        one.get("NetworkSettings", {}).get("Networks") or {}
        for one in listed
        if f"/{_PROXY}" in (one.get("Names") or ())
    ]
    return {str(net["IPAddress"]) for each in networks for net in each.values()}
