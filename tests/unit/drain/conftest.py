"""A server with containers of a service, a proxy that takes files, and the program's own files."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from agent.drain import engine, files, keeper, leaving, routes, sockets
from infra.app.labels import routing

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "nutri-backend"
_ROUTING = dict(line.split("=", 1) for line in routing(SERVICE, "api.test", 3000, "/health/live"))


@dataclass
class World:
    """Everything the keeper looks at; plays Docker and the proxy."""

    folder: Path
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    connections: dict[str, int] = field(default_factory=dict)
    told_to_end: dict[str, float] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)
    heeds: bool = False
    frozen: bool = False
    labels_seen: dict[str, str] | None = None
    """What the proxy has of the labels; None: as they are."""

    def add(
        self,
        name: str,
        application: str,
        *,
        healthy: bool = True,
        labels: dict[str, str] | None = None,
    ) -> None:
        """Let a container run."""
        number = len(self.containers) + 2
        self.containers[name] = {
            "Id": name,
            "Names": [f"/{name}"],
            "Status": f"Up 2 minutes ({'healthy' if healthy else 'health: starting'})",
            "Labels": {**_ROUTING, "coolify.name": application, **(labels or {})},
            "NetworkSettings": {"Networks": {"coolify": {"IPAddress": f"10.0.1.{number}"}}},
        }

    def ask(self, *drained: str, **more: Any) -> None:  # noqa: ANN401 - JSON
        """Write what is asked for, as `start` does."""
        spec = {"run": "r1", "token": "t0", "drained": list(drained), "grace": 30}
        spec |= {"closing": False}
        spec |= {"since": int(time.time()) - 60, "until": time.time() + 600, **more}
        files.write_state(files.spec_file(SERVICE), spec)

    @property
    def state(self) -> str:
        """What the keeper told at last."""
        return str((files.read(files.status_file(SERVICE)) or {}).get("state"))

    @property
    def named(self) -> list[str]:
        """The servers in the file; none without a file."""
        found = files.read(files.route_file(SERVICE))
        if found is None:
            return []
        made = found["http"]["services"][f"{SERVICE}-drain"]["loadBalancer"]
        return [one["url"] for one in made["servers"]]

    # Docker

    def running(self) -> list[dict[str, Any]]:
        """Every container that runs."""
        return list(self.containers.values())

    def pid(self, container: str) -> int:
        """A number that says which it is."""
        return int(container.encode().hex(), 16)

    def stops(self, _since: float) -> dict[str, float]:
        """When each was told to end."""
        return self.told_to_end

    def kill(self, container: str) -> None:
        """End it at once."""
        self.killed.append(container)
        del self.containers[container]

    # The proxy

    def answers(self, path: str) -> bool:
        """Whether the file with this mark is in force."""
        found = [files.route_file(SERVICE), leaving.door()]
        return not self.frozen and any(one.exists() and path in one.read_text() for one in found)

    def servers(self, _token: str, _service: str) -> dict[str, str] | None:
        """What the labels make."""
        if self.labels_seen is not None:
            return self.labels_seen
        listed = [engine.Container(one, SERVICE) for one in self.containers.values()]
        return {one.url: "UP" for one in listed if one.is_healthy}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A server whose proxy knows what its containers' labels say."""
    made = World(tmp_path)
    (tmp_path / "proxy" / "dynamic").mkdir(parents=True)
    monkeypatch.setattr(files, "STATE", tmp_path)
    monkeypatch.setattr(routes, "DYNAMIC", tmp_path / "proxy" / "dynamic")

    def under_way(pid: int, *_: object) -> int:
        return next((n for name, n in made.connections.items() if made.pid(name) == pid), 0)

    monkeypatch.setattr(sockets, "under_way", under_way)
    monkeypatch.setattr(sockets, "heeds_stop", lambda _: made.heeds)
    return made


@pytest.fixture
def keeping(world: World) -> keeper.Keeper:
    """The process that keeps the file."""
    both: Any = world
    return keeper.Keeper(SERVICE, both, both)


def document(world: World) -> dict[str, Any]:
    """The proxy's file."""
    found: dict[str, Any] = json.loads(files.route_file(SERVICE).read_text())
    assert world.folder
    return found
