"""Supabase's API of the double, without Docker: every answer is held to the contract."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from localcloud.hetzner.app import build
from localcloud.hetzner.cloud import Cloud
from localcloud.settings import Instance
from localcloud.state import State
from localcloud.supabase.constants import PROJECT_REF, TOKEN
from localcloud.supabase.databases import DatabaseError
from localcloud.supabase.projects import Projects
from tests.contract.hetzner_double import RecordingMachines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    import httpx

    from localcloud.supabase.databases import DatabaseSpec

_CONTRACT = json.loads(
    (Path(__file__).parents[2] / "contracts" / "supabase.openapi.json").read_text()
)
_SECONDS = 5.0


@dataclass
class RecordingDatabases:
    """Databases that only remember what was asked of them, and break on demand."""

    calls: list[tuple[object, ...]] = field(default_factory=list)
    broken: bool = False

    def create(self, spec: DatabaseSpec) -> None:
        """See `Databases`."""
        self._do("create", spec)

    def start(self, ref: str) -> None:
        """See `Databases`."""
        self._do("start", ref)

    def stop(self, ref: str) -> None:
        """See `Databases`."""
        self._do("stop", ref)

    def delete(self, ref: str) -> None:
        """See `Databases`."""
        self._do("delete", ref)

    def set_pool_size(self, ref: str, size: int) -> None:
        """See `Databases`."""
        self._do("pool", ref, size)

    def set_password(self, ref: str, password: str) -> None:
        """See `Databases`."""
        self._do("password", ref, password)

    def restore_to(self, ref: str, moment: datetime) -> None:
        """See `Databases`."""
        self._do("restore_to", ref, moment)

    def hold(self, ref: str, number: int, port: int) -> None:
        """See `Databases`."""
        self._do("hold", ref, number, port)

    def release(self, ref: str) -> None:
        """See `Databases`."""
        self._do("release", ref)

    def _do(self, *call: object) -> None:
        if self.broken:
            raise DatabaseError("no engine")
        self.calls.append(call)


@dataclass
class Account:
    """A client of the API, and what is behind it."""

    client: TestClient
    databases: RecordingDatabases
    projects: Projects

    def ask(
        self, method: str, path: str, body: object = None, token: str = TOKEN
    ) -> httpx.Response:
        """A request whose answer has to be as the contract says."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer: httpx.Response = self.client.request(
            method, f"/supabase/v1{path}", json=body, headers=headers
        )
        _hold_to_contract(method.lower(), path.partition("?")[0], answer)
        return answer

    def knob(self, method: str, path: str, body: object = None) -> None:
        """Turn a knob."""
        answer = self.client.request(method, f"/_localcloud{path}", json=body)
        answer.raise_for_status()

    def until(self, status: str, ref: str = PROJECT_REF) -> None:
        """Wait, with a bound, for a project's status."""
        self.wait(lambda: self.ask("GET", f"/projects/{ref}").json()["status"] == status)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait, with a bound, until something holds."""
        deadline = time.monotonic() + _SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)


def _hold_to_contract(method: str, path: str, answer: httpx.Response) -> None:
    template = re.sub(r"^/projects/[^/]+", "/projects/{ref}", path)
    responses: dict[str, Any] = _CONTRACT["paths"][template][method]["responses"]
    status = str(answer.status_code)
    key = status if status in responses else f"{status[0]}XX"
    assert key in responses or status[0] == "5", f"{status} is not in the contract"
    if "content" not in responses.get(key, {}):
        return
    schema = responses[key]["content"]["application/json"]["schema"]
    whole = {"allOf": [schema], "components": _CONTRACT["components"]}
    Draft202012Validator(whole).validate(answer.json())


def make(state: State, databases: RecordingDatabases) -> tuple[TestClient, Projects]:
    """The app on a state, not started yet."""
    cloud = Cloud(Instance(name="contract", home=Path("/nonexistent")), state, RecordingMachines())
    projects = Projects(state, cloud.clock, lambda: databases, block=10)
    return TestClient(build(cloud, supabase=projects)), projects


@pytest.fixture
def account() -> Iterator[Account]:
    """An account whose first project is active."""
    databases = RecordingDatabases()
    client, projects = make(State(), databases)
    with client:
        made = Account(client, databases, projects)
        made.until("ACTIVE_HEALTHY")
        yield made
