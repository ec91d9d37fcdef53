"""The program's own resources against the API: what they send is in Coolify's document."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from clients.coolify.client import Client
from common.waiting import without_pauses
from infra.coolify import application, instance, project, prune_replicas, server
from localcloud.coolify.app import create_app
from tests.contract.asked import Asked, Document, coolify
from tests.contract.coolify_double import SECRET, InProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.coolify_double import CoolifyDouble

_SSH = {"host": "192.0.2.1", "port": 22, "host_key": "ssh-x AAAA", "private_key": "PRIVATE"}
_HEALTH = {"path": "/health", "interval": 1, "timeout": 1, "retries": 2, "start_period": 0}


@pytest.fixture
def asked(coolify: CoolifyDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Asked]]:
    """What the program asks this API, while it does."""
    sent: list[Asked] = []

    def note(request: httpx.Request) -> None:
        body = json.loads(request.content) if request.content else None
        path = request.url.path.removeprefix("/api/v1")
        sent.append(Asked(request.method, path, request.url.query.decode(), body))

    http = httpx.Client(
        transport=InProcess(create_app(coolify.coolify)),
        base_url="http://coolify",
        headers={"Authorization": f"Bearer {SECRET}", "Accept": "application/json"},
        event_hooks={"request": [note]},
    )

    @contextlib.contextmanager
    def connect(_: object) -> Iterator[Client]:
        yield Client(http)

    @contextlib.contextmanager
    def drained(*_: object, **__: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("infra.coolify.resource.connect", connect)
    monkeypatch.setattr("clients.drain.drained", drained)
    monkeypatch.setattr("infra.coolify.forgotten._running", lambda *_: [])
    with without_pauses(attempts=200):
        yield sent


def _application(place: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {
        "connection": {"token": "t"},
        "ssh": _SSH,
        **place,
        "application": "nutri-backend-1",
        "image": "ghcr.localcloud.test/nutri/backend",
        "tag": "good-1",
        "port": 3000,
        "alias": "nutri-backend",
        "env": {"DRAIN_SECONDS": "5"},
        "labels": ["traefik.enable=true"],
        "stop_grace_seconds": 30,
        "health": _HEALTH,
        "memory": 512,
        "cpus": 1.0,
        "volumes": {},
        "rollout": "start-first",
        **changes,
    }


def test_all_the_program_asks_is_in_the_document(
    asked: list[Asked],
    coolify_document: Document,
    spare_key: str,
) -> None:
    """Instance, project, application from first to last, replicas and a further server."""
    props = {"connection": {}, "version": "4.3.10", "server_id": "1"}
    made = instance._InstanceProvider().create(props).outs or {}
    instance._InstanceProvider().read("i", made)
    place = {
        "instance": made["server_uuid"],
        "project": str(project._ProjectProvider().create({"connection": {}, "project": "n"}).id),
    }
    provider = application._ApplicationProvider()
    first = _application(place)
    uuid = str(provider.create(first).id)
    provider.update(uuid, first, _application(place, env={"OTHER": "1"}, tag="good-2"))
    provider.read(uuid, first)
    scale = {
        "connection": {},
        "service": "nutri-backend",
        "count": 1,
        "applications": [uuid],
        "ssh": [_SSH],
    }
    prune_replicas._ReplicasProvider().create(scale)
    provider.delete(uuid, first)
    further = {"connection": {}, "ip": "10.0.0.12", "server": "n-2", "private_key": spare_key}
    known = server._ServerProvider().create(further)
    server._ServerProvider().create(further)
    server._ServerProvider().delete(str(known.id), further)
    assert len({(one.method, one.path.split("/")[1]) for one in asked}) > 10
    assert coolify_document.problems(asked) == []


@pytest.fixture
def coolify_document() -> Document:
    """Coolify's document, corrected."""
    return coolify()
