"""Coolify's API of the double on a real PostgreSQL, with shells that record instead of act."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import psycopg

from localcloud.coolify.app import create_app
from localcloud.coolify.boot.seeder import seed
from localcloud.coolify.build import build
from localcloud.coolify.migrations import migrate
from localcloud.coolify.remote.shell import Output, UnreachableError
from localcloud.coolify.settings import CoolifySettings, RootUser
from tests.contract.coolify_contract import Contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from localcloud.coolify.database import Row
    from localcloud.coolify.instance import Coolify
    from localcloud.coolify.remote.shell import Shell

ROOT = RootUser("Ops", "ops@nutri.test", "Correct-horse1")
SECRET = "s" * 48
IMAGE = {
    "docker_registry_image_name": "ghcr.localcloud.test/nutri/backend",
    "ports_exposes": "3000",
}
_WAIT_SECONDS = 10.0
_NO_LIMIT = 1_000_000


@dataclass
class FakeDocker:
    """A shell that plays a server's Docker: containers by name, images by tag.

    It understands the scripts of `deploy.commands` and `deploy.spec` and keeps them all.
    """

    scripts: list[str] = field(default_factory=list)
    containers: dict[str, str] = field(default_factory=dict)
    """Name to image, newest last."""
    health: dict[str, str] = field(default_factory=dict)
    """Image to Docker's word for its health; healthy unless told otherwise."""
    missing: set[str] = field(default_factory=set)
    """Images the registry does not have."""
    before_run: Callable[[], None] = lambda: None
    down: bool = False

    def open(self, _server: Row) -> Shell:
        """The one server of the tests."""
        return self

    def run(self, script: str, _timeout: float = 0) -> Output:
        """Play one script."""
        if self.down:
            raise UnreachableError("no route to host")
        self.scripts.append(script)
        for pattern, play in self._plays().items():
            match = re.search(pattern, script)
            if match:
                return play(match)
        return Output(0, "", "")

    def ran(self, part: str) -> list[str]:
        """The scripts that hold a text."""
        return [script for script in self.scripts if part in script]

    def _plays(self) -> dict[str, Callable[[re.Match[str]], Output]]:
        return {
            r"docker pull -q (\S+)": self._pull,
            r"docker run --detach --name (\S+)": self._run,
            r"docker ps -a --filter label=coolify.applicationId": self._list,
            r"json .State.Health}}' (\S+)": self._health,
            r"State.Status}}' (\S+)": lambda _: Output(0, "running\n", ""),
            r"docker logs (?:--timestamps )?-n (\d+) (\S+)": self._logs,
            r"docker rm -f (\S+)": self._remove,
            r"docker images --format": self._images,
        }

    def _pull(self, match: re.Match[str]) -> Output:
        if match[1] in self.missing:
            return Output(1, "", f"manifest for {match[1]} not found")
        return Output(0, match[1], "")

    def _run(self, match: re.Match[str]) -> Output:
        self.before_run()
        command = next(line for line in match.string.splitlines() if "docker run" in line)
        self.containers[match[1]] = command.split(" 3<<")[0].split()[-1]
        return Output(0, "id", "")

    def _list(self, _match: re.Match[str]) -> Output:
        return Output(0, "\n".join(reversed(self.containers)), "")

    def _health(self, match: re.Match[str]) -> Output:
        image = self.containers.get(match[1], "")
        state = {"Status": self.health.get(image, "healthy"), "Log": [{"Output": "probe\n"}]}
        return Output(0, json.dumps(state), "")

    def _logs(self, match: re.Match[str]) -> Output:
        return Output(0, f"last words of {self.containers.get(match[2], 'nobody')}\n", "")

    def _remove(self, match: re.Match[str]) -> Output:
        self.containers.pop(match[1], None)
        return Output(0, "", "")

    def _images(self, _match: re.Match[str]) -> Output:
        lines = "ghcr.localcloud.test/nutri/backend#good-1#now\nother#good-1#now\n"
        return Output(0, lines, "")


@dataclass
class CoolifyDouble:
    """The API over HTTP without a network, every answer held to the contract."""

    coolify: Coolify
    docker: FakeDocker
    ssh_dir: Path
    contract: Contract
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        transport = InProcess(create_app(self.coolify))
        self.http = httpx.Client(transport=transport, base_url="http://coolify/api/v1")

    def close(self) -> None:
        """Let go of the database and of the loop."""
        self.http.close()
        self.coolify.background.shutdown()
        self.coolify.db.close()

    def call(
        self, method: str, path: str, body: object = None, *, secret: str = SECRET
    ) -> httpx.Response:
        """One request; the answer is as the document promises, or this fails."""
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        response = self.http.request(method, path, json=body, headers=headers)
        problems = self.contract.problems(
            method.lower(), path, response.status_code, decoded(response)
        )
        assert problems == []
        return response

    def ok(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """One request that must succeed; returns what was answered."""
        response = self.call(method, path, body)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return decoded(response)

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request that must not succeed; returns status and body."""
        response = self.call(method, path, body)
        assert not response.is_success, f"{method} {path}: {response.text}"
        return response.status_code, decoded(response)

    def mint(self, secret: str, abilities: Iterable[str], team: str = "0", user: int = 0) -> int:
        """Put a token into the database the way an installer would; returns its id."""
        row = self.coolify.db.insert(
            "personal_access_tokens",
            {
                "tokenable_type": "App\\Models\\User",
                "tokenable_id": user,
                "name": "test",
                "token": hashlib.sha256(secret.encode()).hexdigest(),
                "team_id": team,
                "abilities": json.dumps(list(abilities)),
            },
        )
        return int(row["id"])

    def server(self) -> str:
        """The uuid of localhost."""
        return str(self.ok("GET", "/servers")[0]["uuid"])

    def project(self, name: str = "nutri") -> str:
        """A new project."""
        return str(self.ok("POST", "/projects", {"name": name})["uuid"])

    def application(self, name: str = "app", /, **fields: object) -> str:
        """A new application in a project of its own."""
        body = {
            **IMAGE,
            "name": name,
            "project_uuid": fields.pop("project_uuid", None) or self.project(),
            "server_uuid": self.server(),
            "environment_name": "production",
            "autogenerate_domain": False,
            **fields,
        }
        return str(self.ok("POST", "/applications/dockerimage", body)["uuid"])

    def deploy(self, uuid: str, *, force: bool = True) -> dict[str, Any]:
        """Deploy and wait for the end; returns the deployment."""
        answer = self.ok("POST", "/deploy", {"uuid": uuid, "force": force})
        return self.ended(answer["deployments"][0]["deployment_uuid"])

    def ended(self, deployment: str) -> dict[str, Any]:
        """Wait for a deployment's end; returns it."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            state: dict[str, Any] = self.ok("GET", f"/deployments/{deployment}")
            if state["status"] not in {"queued", "in_progress"}:
                return state
            assert time.monotonic() < deadline, state
            time.sleep(0.02)


class InProcess(httpx.BaseTransport):
    """Carries requests to an ASGI application on an event loop in a thread of its own."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - any ASGI application
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, answered to its end."""
        return asyncio.run_coroutine_threadsafe(self._send(request), self._loop).result(30)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        answer = await self._inner.handle_async_request(copy)
        body = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def close(self) -> None:
        """End the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def decoded(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    """JSON, or text where it is none."""
    is_json = "json" in response.headers.get("content-type", "")
    return response.json() if is_json else response.text


def started(url: str, ssh_dir: Path) -> CoolifyDouble:
    """An instance with an empty database of its own."""
    with psycopg.connect(f"{url} dbname=postgres", autocommit=True) as connection:
        connection.execute(b"CREATE DATABASE coolify")
    chosen = CoolifySettings(
        f"{url} dbname=coolify", ssh_dir=ssh_dir, root_user=ROOT, rate_limit=_NO_LIMIT
    )
    docker = FakeDocker()
    coolify = build(chosen, docker, sleep=lambda _: None)
    coolify.db.open()
    migrate(coolify.db)
    return CoolifyDouble(coolify, docker, ssh_dir, Contract())


_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'"
)


def reset(double: CoolifyDouble, key: str) -> None:
    """Forget everything; then seed, switch the API on and mint one root token."""
    db = double.coolify.db
    tables = ", ".join(row["tablename"] for row in db.all(_TABLES))
    db.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    vars(double.docker).update(vars(FakeDocker()))
    keys = double.ssh_dir / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    (keys / "id.root@host.docker.internal").write_text(key)
    seed(db, double.coolify.settings)
    double.mint(SECRET, ["root"])
    db.update("instance_settings", 0, {"is_api_enabled": True})
