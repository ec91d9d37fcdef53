"""The Hetzner API of the double, served to tests: no Docker, every answer held to the contract."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from hcloud import Client
from jsonschema import Draft202012Validator

from localcloud.hetzner.app import build
from localcloud.hetzner.cloud import Cloud
from localcloud.hetzner.machines import MachineError
from localcloud.node.ca import ensure_authority, issue
from localcloud.settings import DEMO_READONLY_TOKEN, DEMO_TOKEN, Instance
from localcloud.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcloud.servers import BoundServer
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from localcloud.hetzner.load_balancers.spec import BalancerSpec, TargetHealth
    from localcloud.hetzner.machines import InboundRule, Leg, MachineSpec
    from localcloud.hetzner.storage_boxes.spec import BoxSpec

CONTRACT = Path(__file__).parent.parent / "contracts" / "hetzner.openapi.json"
PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAR2PDmLWoLv9nWbdyGh4JldhzqG8p5CyhEMaaWL7x2d a@test"
)
OTHER_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBdCDzVh9EoUfPYl9WGFwKWUUtDdQWB4GMZUfBqVRvg1 b@test"
)
_WAIT_SECONDS = 5.0


class RecordingMachines:
    """Machines that only remember what was asked of them, and break on demand."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.broken: dict[str, str] = {}
        """Method to the error it raises."""
        self.on: set[int] = set()
        self.blocked = threading.Event()
        self.blocked.set()
        """Cleared: every call waits."""
        self.health: dict[int, tuple[TargetHealth, ...]] = {}
        """What health checks of load balancers find."""
        self.used: dict[int, int] = {}
        """Bytes in Storage Boxes."""

    def named(self, name: str) -> list[Any]:
        """What a method was called with, call by call."""
        return [argument for called, argument in self.calls if called == name]

    def clear(self) -> None:
        """Forget everything and work again."""
        self.calls.clear()
        self.broken.clear()
        self.on.clear()
        self.health.clear()
        self.used.clear()
        self.blocked.set()

    def create(self, spec: MachineSpec) -> None:
        """See `Machines`."""
        self._do("create", spec)

    def start(self, server_id: int) -> None:
        """See `Machines`."""
        self._do("start", server_id)
        self.on.add(server_id)

    def power_off(self, server_id: int) -> None:
        """See `Machines`."""
        self._do("power_off", server_id)
        self.on.discard(server_id)

    def shutdown(self, server_id: int) -> None:
        """See `Machines`."""
        self._do("shutdown", server_id)
        self.on.discard(server_id)

    def reset(self, server_id: int) -> None:
        """See `Machines`."""
        self._do("reset", server_id)
        self.on.add(server_id)

    def limit_disk(self, server_id: int, mebibytes: int) -> None:
        """See `Machines`."""
        self._do("limit_disk", (server_id, mebibytes))

    def freeze(self, server_id: int) -> None:
        """See `Machines`."""
        self._do("freeze", server_id)

    def resize(self, server_id: int, cores: int, memory_gb: float, disk_gb: int) -> None:
        """See `Machines`."""
        self._do("resize", (server_id, cores, memory_gb, disk_gb))

    def rebuild(self, spec: MachineSpec) -> None:
        """See `Machines`."""
        self._do("rebuild", spec)
        self.on.discard(spec.id)

    def delete(self, server_id: int) -> None:
        """See `Machines`."""
        self._do("delete", server_id)
        self.on.discard(server_id)

    def running(self, server_id: int) -> bool:
        """See `Machines`."""
        return server_id in self.on

    def set_password(self, server_id: int, password: str) -> None:
        """See `Machines`."""
        self._do("set_password", (server_id, password))

    def set_address(self, server_id: int, ipv4: str | None) -> None:
        """See `Machines`."""
        self._do("set_address", (server_id, ipv4))

    def set_firewall(self, server_id: int, rules: tuple[InboundRule, ...] | None) -> None:
        """See `Machines`."""
        self._do("set_firewall", (server_id, rules))

    def capture(self, server_id: int, image_id: int) -> float:
        """See `Machines`."""
        self._do("capture", (server_id, image_id))
        return 1.5

    def drop_image(self, image_id: int) -> None:
        """See `Machines`."""
        self._do("drop_image", image_id)

    def attach_network(self, server_id: int, leg: Leg) -> None:
        """See `Machines`."""
        self._do("attach_network", (server_id, leg))

    def detach_network(self, server_id: int, network_id: int) -> None:
        """See `Machines`."""
        self._do("detach_network", (server_id, network_id))

    def drop_network(self, network_id: int) -> None:
        """See `Machines`."""
        self._do("drop_network", network_id)

    def apply_balancer(self, spec: BalancerSpec) -> None:
        """See `Machines`."""
        self._do("apply_balancer", spec)

    def delete_balancer(self, balancer_id: int) -> None:
        """See `Machines`."""
        self._do("delete_balancer", balancer_id)

    def issue_certificate(self, names: tuple[str, ...]) -> tuple[str, str]:
        """See `Machines`."""
        self._do("issue_certificate", names)
        with tempfile.TemporaryDirectory() as home:
            pair = issue(ensure_authority(Instance(home=Path(home))), names)
        return pair.certificate.decode(), pair.key.decode()

    def balancer_health(self, balancer_id: int) -> tuple[TargetHealth, ...]:
        """See `Machines`."""
        self._do("balancer_health", balancer_id)
        return self.health.get(balancer_id, ())

    def apply_storage_box(self, spec: BoxSpec) -> None:
        """See `Machines`."""
        self._do("apply_storage_box", spec)

    def delete_storage_box(self, box_id: int) -> None:
        """See `Machines`."""
        self._do("delete_storage_box", box_id)

    def storage_box_used(self, box_id: int) -> int:
        """See `Machines`."""
        self._do("storage_box_used", box_id)
        return self.used.get(box_id, 0)

    def _do(self, name: str, argument: object) -> None:
        self.calls.append((name, argument))
        self.blocked.wait(_WAIT_SECONDS)
        if name in self.broken:
            raise MachineError(self.broken[name])


class ContractCheck:
    """Holds every answer of an app to the vendor's document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.violations: list[str] = []
        self.checked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and look at the answer."""
        body, status = bytearray(), 0

        async def tap(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, tap)
        if scope["type"] == "http" and _is_described(scope["path"]):
            self._check(scope["method"].lower(), scope["path"].removeprefix("/v1"), status, body)

    def _check(self, method: str, path: str, status: int, body: bytearray) -> None:
        self.checked += 1
        what = f"{method.upper()} {path} {status}"
        operation = _operation(method, path)
        if operation is None:
            problem = (
                _error_problem(body) if status in {401, 404, 405} else "is not in the contract"
            )
        else:
            problem = _answer_problem(operation, status, body)
        if problem:
            self.violations.append(f"{what}: {problem}")


def _is_described(path: str) -> bool:
    """Whether the document has it; Storage Boxes are in another, of api.hetzner.com."""
    return path.startswith("/v1/") and not path.startswith("/v1/storage_box")


def _answer_problem(operation: str, status: int, body: bytearray) -> str | None:
    responses = _contract()["paths"][operation.split(" ")[1]][operation.split(" ", maxsplit=1)[0]][
        "responses"
    ]
    key = str(status) if str(status) in responses else f"{status // 100}XX"
    if key not in responses:
        return f"status is not one of {sorted(responses)}"
    if key.endswith("XX"):
        return _error_problem(body)
    if "content" not in responses[key]:
        return "has a body" if body else None
    errors = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _validator(operation, key).iter_errors(json.loads(body))
    ]
    return "; ".join(errors[:3]) or None


def _error_problem(body: bytearray) -> str | None:
    error = json.loads(body).get("error", {})
    return None if {"code", "message", "details"} <= set(error) else f"no envelope: {body!r}"


@lru_cache
def _contract() -> dict[str, Any]:
    contract: dict[str, Any] = json.loads(CONTRACT.read_text())
    return contract


@lru_cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(_contract()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), path) for path in paths]


def _operation(method: str, path: str) -> str | None:
    for pattern, template in _patterns():
        if pattern.fullmatch(path) and method in _contract()["paths"][template]:
            return f"{method} {template}"
    return None


def _responses(operation: str) -> dict[str, Any]:
    method, path = operation.split(" ")
    responses: dict[str, Any] = _contract()["paths"][path][method]["responses"]
    return responses


@lru_cache(maxsize=256)
def _validator(operation: str, status: str) -> Draft202012Validator:
    schema = _responses(operation)[status]["content"]["application/json"]["schema"]
    return Draft202012Validator({"allOf": [schema], "components": _contract()["components"]})


@dataclass
class HetznerDouble:
    """A running API and everything a test may want of it."""

    cloud: Cloud
    machines: RecordingMachines
    check: ContractCheck
    port: int
    http: httpx.Client
    """Raw access as the token that may write; raises for nothing."""
    loop: asyncio.AbstractEventLoop
    client: Client = field(init=False)
    """The vendor's own client, as the same token."""

    def __post_init__(self) -> None:
        self.client = Client(
            DEMO_TOKEN,
            api_endpoint=self.endpoint,
            api_endpoint_hetzner=self.endpoint,
            poll_interval=0.01,
        )

    @property
    def endpoint(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def turn(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Turn a knob; returns the JSON it answers, if any."""
        url = f"http://127.0.0.1:{self.port}/_localcloud{path}"
        answer = self.http.request(method, url, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def read_only(self, method: str, path: str) -> httpx.Response:
        """A request as the token that may only read."""
        headers = {"Authorization": f"Bearer {DEMO_READONLY_TOKEN}"}
        return self.http.request(method, path, headers=headers)

    def post(self, path: str, body: object = None) -> httpx.Response:
        """A POST that may fail."""
        return self.http.post(path, json=body or {})

    def error(self, answer: httpx.Response) -> tuple[int, str]:
        """Status and code of an answer that has to be an error."""
        return answer.status_code, answer.json()["error"]["code"]

    def server(self, name: str = "web", **fields: object) -> dict[str, Any]:
        """A new server that runs (or is off, without start_after_create), as the API shows it."""
        body = {"name": name, "server_type": "cx33", "image": "debian-12", "location": "fsn1"}
        answer = self.post("/servers", body | fields)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        shown: dict[str, Any] = answer.json()["server"]
        status = "running" if fields.get("start_after_create", True) else "off"
        self.until(lambda: self.get(f"/servers/{shown['id']}")["server"]["status"] == status)
        return dict(self.get(f"/servers/{shown['id']}")["server"])

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of a GET that has to work."""
        answer = self.http.get(path)
        assert answer.status_code == httpx.codes.OK, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def bound(self, name: str = "web") -> BoundServer:
        """A server as the vendor's client knows it."""
        server = self.client.servers.get_by_name(name)
        assert server is not None
        return server

    def ipv4(self, name: str = "web") -> str:
        """The public address of a server."""
        (server,) = self.get(f"/servers?name={name}")["servers"]
        return str(server["public_net"]["ipv4"]["ip"])

    def settle(self) -> None:
        """Wait until nothing goes on behind the API."""
        idle = self.cloud.actions.idle()
        asyncio.run_coroutine_threadsafe(idle, self.loop).result(_WAIT_SECONDS)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait, with a bound, until something holds."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)


class RunningDouble:
    """Runs the API in a thread, for as long as the context lasts."""

    def __init__(self) -> None:
        self._started = threading.Event()

    async def start(self) -> None:
        """Learn the event loop, as a companion of the app."""
        self._loop = asyncio.get_running_loop()
        self._started.set()

    async def stop(self) -> None:
        """See `Companion`."""

    def __enter__(self) -> HetznerDouble:
        """Start it and wait until it answers."""
        # asyncio turns Nagle's algorithm off only where the protocol is named.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # who asks before the server's loop is ready waits, and is not refused
        port = listener.getsockname()[1]
        machines = RecordingMachines()
        instance = Instance(name="contract", home=Path("/nonexistent"), api_port=port)
        cloud = Cloud(instance, State(), machines)
        check = ContractCheck(build(cloud, beside=(self,)))
        quiet = uvicorn.Config(check, log_level="error", access_log=False, date_header=False)
        self._server = uvicorn.Server(quiet)
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()
        headers = {"Authorization": f"Bearer {DEMO_TOKEN}"}
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/v1", headers=headers, trust_env=False
        )
        assert self._started.wait(_WAIT_SECONDS), "the double's API did not start"
        return HetznerDouble(cloud, machines, check, port, self._http, self._loop)

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self._http.close()
        self._server.should_exit = True
        self._thread.join()
