"""One look after another at what runs, until nothing is to be kept away."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from agent.drain import sockets
from agent.drain.engine import Container, Docker, proxy_addresses
from agent.drain.files import read, route_file, spec_file, status_file, write_state
from agent.drain.routes import Proxy, balancer, configuration, mark_path, write

if TYPE_CHECKING:
    from collections.abc import Sequence

_SETTLED_SECONDS = 5.0  # where the proxy does not tell what it has of the labels
_IGNORED_SECONDS = 2.0  # since a stop that the process does not heed

Json = dict[str, Any]


class Keeper:
    """One look after another, until nothing is to be kept away."""

    def __init__(self, service: str, docker: Docker, proxy: Proxy) -> None:
        self.service = service
        self._docker = docker
        self._proxy = proxy
        self._file = route_file(service)
        self._closing_since: float | None = None
        self._in_force_since: float | None = None
        self._run = ""

    def look(self) -> bool:
        """Bring the file in line with what runs; False at the end."""
        spec = read(spec_file(self.service))
        if spec is None:
            return self._over(spec)
        if spec["run"] != self._run:
            self._run, self._closing_since, self._in_force_since = spec["run"], None, None
        listed = self._docker.running()
        found = [Container(one, self.service) for one in listed]
        mine = [one for one in found if one.is_routed]
        leaving = [one for one in mine if one.id in spec["drained"]]
        if spec["closing"] or not leaving or time.time() > spec["until"]:
            return self._close(spec, [one for one in mine if one.is_healthy])
        others = [one for one in mine if one.is_healthy and one not in leaving]
        if not others:
            self._file.unlink(missing_ok=True)
            self._tell(spec, "alone")
        elif not self._name(spec, others):
            self._tell(spec, "pending")
        else:
            self._watch(spec, leaving, proxy_addresses(listed))
        return True

    def _name(self, spec: Json, servers: Sequence[Container]) -> bool:
        """Have the file name these servers; whether it is in force."""
        urls = sorted(one.url for one in servers)
        wanted = configuration(self.service, spec["token"], balancer(), servers)
        text = json.dumps(wanted, indent=1) + "\n"
        if not self._file.exists() or self._file.read_text(encoding="utf-8") != text:
            write(self._file, text)
        return self._proxy.answers(mark_path(spec["token"], urls))

    def _watch(self, spec: Json, leaving: Sequence[Container], proxies: set[str]) -> None:
        self._in_force_since = self._in_force_since or time.monotonic()
        pids = {one.id: self._docker.pid(one.id) for one in leaving}
        count = sum(sockets.under_way(pids[one.id], one.port, proxies) for one in leaving)
        self._tell(spec, "busy" if count else "drained", connections=count)
        if not count or time.monotonic() - self._in_force_since > spec["grace"]:
            self._hurry(spec, pids)

    def _hurry(self, spec: Json, pids: dict[str, int]) -> None:
        """End those that do not heed that they were told to.

        Nothing of theirs is under way any more, or it had all of its time.
        """
        for container, since in self._docker.stops(spec["since"]).items():
            pid = pids.get(container, 0)
            if pid and time.time() - since > _IGNORED_SECONDS and not sockets.heeds_stop(pid):
                self._docker.kill(container)

    def _close(self, spec: Json, servers: Sequence[Container]) -> bool:
        """Give way to the labels once the proxy has them as they are now."""
        self._closing_since = self._closing_since or time.monotonic()
        if servers:
            self._name(spec, servers)
            if not self._is_whole(spec, servers):
                self._tell(spec, "closing")
                return True
        return self._over(spec)

    def _is_whole(self, spec: Json, servers: Sequence[Container]) -> bool:
        if any(one.routing != servers[0].routing for one in servers):
            return False  # the proxy drops a service that is described in two ways
        told = self._proxy.servers(spec["token"], self.service)
        if told is None:
            return time.monotonic() - (self._closing_since or 0) > _SETTLED_SECONDS
        return told == {one.url: "UP" for one in servers}

    def _over(self, spec: Json | None) -> bool:
        self._file.unlink(missing_ok=True)
        if spec:
            self._tell(spec, "over")
            if (read(spec_file(self.service)) or {}).get("run") == spec["run"]:
                spec_file(self.service).unlink(missing_ok=True)
        return False

    def _tell(self, spec: Json, state: str, connections: int = 0) -> None:
        told = {"run": spec["run"], "state": state, "connections": connections}
        write_state(status_file(self.service), told)
