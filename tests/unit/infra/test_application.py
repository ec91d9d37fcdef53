"""An application on Coolify: created, rolled out, put back when a rollout fails."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from clients.coolify.client import Client
from clients.coolify.errors import CoolifyError, DeploymentFailedError
from common.waiting import WaitTimeoutError, without_pauses
from infra.coolify import application, prune_replicas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROPS: dict[str, Any] = {
    "connection": {"token": "t"},
    "ssh": {"host": "192.0.2.1", "port": 22, "host_key": "ssh-x AAAA", "private_key": "PRIVATE"},
    "instance": "server-uuid",
    "project": "project-uuid",
    "application": "nutri-backend-1",
    "image": "ghcr.test/nutri/backend",
    "tag": "good-1",
    "port": 3000,
    "alias": "nutri-backend",
    "env": {"DRAIN_SECONDS": "5"},
    "labels": ["traefik.enable=true"],
    "stop_grace_seconds": 30,
    "health": {"path": "/health", "interval": 1, "timeout": 1, "retries": 3, "start_period": 0},
}

SCALE: dict[str, Any] = {
    "connection": {},
    "service": "nutri-backend",
    "ssh": [PROPS["ssh"]],
    "stop_grace_seconds": 30,
}


class Coolify:
    """As much of Coolify as an application needs, with its known habits."""

    def __init__(self) -> None:
        self.apps: dict[str, dict[str, Any]] = {}
        self.envs: dict[str, str] = {}
        self.storages: dict[str, dict[str, Any]] = {}
        self.running: str | None = None
        self.bad_tags = {"bad"}
        self.ill_tags: set[str] = set()
        self.calls: list[str] = []
        self.queries: list[str] = []
        self.ended = "finished"
        self.reachable = True
        self.starts_in = 0
        """Looks until it answers."""

    def note(self, what: str) -> None:
        """Keep what was done beside its own calls."""
        self.calls.append(what)
        self.queries.append("")

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.removeprefix("/api/v1")
        if path == "/version":  # whether it answers; no change asks it anything else before
            return self._version()
        self.calls.append(f"{request.method} {path}")
        self.queries.append(request.url.query.decode())
        if not self.reachable:
            raise httpx.ConnectError("no route")
        body = json.loads(request.content) if request.content else {}
        for (method, pattern), answer in self._routes().items():
            match = re.fullmatch(pattern, path)
            if method == request.method and match:
                return answer(body, *match.groups())
        return httpx.Response(404, json={"message": "Not found."})

    def _version(self) -> httpx.Response:
        if not self.reachable:
            raise httpx.ConnectError("no route")
        if self.starts_in > 0:
            self.starts_in -= 1
            return httpx.Response(502, text="Bad Gateway")
        return httpx.Response(200, text="4.3.10")

    def _routes(self) -> dict[tuple[str, str], Callable[..., httpx.Response]]:
        return {
            ("GET", "/applications"): lambda _: _ok(list(self.apps.values())),
            ("GET", "/servers/([^/]+)/resources"): self._on_server,
            ("POST", "/applications/dockerimage"): self._create,
            ("GET", "/applications/([^/]+)"): self._get,
            ("PATCH", "/applications/([^/]+)"): self._patch,
            ("DELETE", "/applications/([^/]+)"): self._delete,
            ("PATCH", "/applications/[^/]+/envs/bulk"): self._bulk,
            ("GET", "/applications/[^/]+/envs"): self._list_envs,
            ("DELETE", "/applications/[^/]+/envs/(.+)"): self._delete_env,
            ("GET", "/applications/[^/]+/storages"): self._storages,
            ("POST", "/applications/([^/]+)/storages"): self._add_storage,
            ("PATCH", "/applications/[^/]+/storages"): self._change_storage,
            ("DELETE", "/applications/[^/]+/storages/(.+)"): self._delete_storage,
            ("GET", "/deployments/applications/.+"): lambda _: _ok({"count": 0, "deployments": []}),
            ("POST", "/deploy"): self._deploy,
            ("GET", "/deployments/(.+)"): self._deployment,
        }

    def _on_server(self, _: object, server: str) -> httpx.Response:
        there = [app for app in self.apps.values() if app.get("server_uuid", server) == server]
        return _ok([{"uuid": app["uuid"], "name": app["name"]} for app in there])

    def _create(self, body: dict[str, Any]) -> httpx.Response:
        self.apps["app-1"] = {"uuid": "app-1", **body}
        return httpx.Response(201, json={"uuid": "app-1"})

    def _get(self, _: object, uuid: str) -> httpx.Response:
        app = self.apps.get(uuid)
        status = "running:unhealthy" if self.running in self.ill_tags else "running:healthy"
        return (
            _ok({**app, "status": status})
            if app
            else httpx.Response(404, json={"message": "Not found."})
        )

    def _patch(self, body: dict[str, Any], uuid: str) -> httpx.Response:
        self.apps[uuid] |= body
        return _ok({"uuid": uuid})

    def _delete(self, _: object, uuid: str) -> httpx.Response:
        self.apps.pop(uuid, None)
        return _ok({"message": "queued"})

    def _bulk(self, body: dict[str, Any]) -> httpx.Response:
        self.envs |= {item["key"]: item["value"] for item in body["data"]}
        return httpx.Response(201, json=[])

    def _list_envs(self, _: object) -> httpx.Response:
        return _ok([{"uuid": k, "key": k, "value": v} for k, v in self.envs.items()])

    def _delete_env(self, _: object, key: str) -> httpx.Response:
        del self.envs[key]
        return _ok({})

    def _storages(self, _: object) -> httpx.Response:
        return _ok({"persistent_storages": list(self.storages.values()), "file_storages": []})

    def _add_storage(self, body: dict[str, Any], uuid: str) -> httpx.Response:
        name = f"{uuid}-{body['name']}"
        self.storages[name] = {"uuid": name, "name": name, "mount_path": body["mount_path"]}
        return httpx.Response(201, json={})

    def _change_storage(self, body: dict[str, Any]) -> httpx.Response:
        self.storages[body["uuid"]]["mount_path"] = body["mount_path"]
        return _ok({})

    def _delete_storage(self, _: object, uuid: str) -> httpx.Response:
        del self.storages[uuid]
        return _ok({})

    def _deploy(self, body: dict[str, Any]) -> httpx.Response:
        tag = self.apps[body["uuid"]]["docker_registry_image_tag"]
        self.ended = "failed" if tag in self.bad_tags else "finished"
        self.running = tag if self.ended == "finished" else self.running
        return _ok({"deployments": [{"deployment_uuid": "deployment-1"}]})

    def _deployment(self, _: object, uuid: str) -> httpx.Response:
        logs = json.dumps([{"output": "first"}, {"output": "the database is away"}])
        return _ok({"deployment_uuid": uuid, "status": self.ended, "logs": logs})


def _ok(body: Any) -> httpx.Response:  # noqa: ANN401 - JSON
    return httpx.Response(200, json=body)


@pytest.fixture
def coolify(monkeypatch: pytest.MonkeyPatch) -> Iterator[Coolify]:
    """A Coolify behind the provider's connection, with waits that do not wait."""
    double = Coolify()

    @contextlib.contextmanager
    def connect(_: object) -> Iterator[Client]:
        transport = httpx.MockTransport(double.handle)
        with httpx.Client(transport=transport, base_url="http://coolify") as http:
            yield Client(http)

    @contextlib.contextmanager
    def drained(_ssh: object, service: str, what: str, **_: object) -> Iterator[None]:
        double.note(f"drain {service} {what}")
        yield
        double.note(f"serve {service} {what}")

    monkeypatch.setattr("infra.coolify.resource.connect", connect)
    monkeypatch.setattr("clients.drain.drained", drained)
    monkeypatch.setattr("infra.coolify.forgotten._running", lambda *_: [])
    with without_pauses():
        yield double


@pytest.fixture
def provider() -> application._ApplicationProvider:
    """The provider under test."""
    return application._ApplicationProvider()


def test_create_configures_and_deploys(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """A created application runs its tag, with health check, variables and labels."""
    created = provider.create(dict(PROPS))
    app = coolify.apps[created.id]
    assert coolify.running == "good-1"
    assert app["health_check_enabled"] is True
    assert app["autogenerate_domain"] is False
    assert base64.b64decode(app["custom_labels"]) == b"traefik.enable=true"
    assert coolify.envs == {"DRAIN_SECONDS": "5"}


def test_labels_are_sent_alone_and_last(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Other fields make Coolify write labels of its own, so ours come after them."""
    provider.create(dict(PROPS))
    deploy = coolify.calls.index("POST /deploy")
    patches = [i for i, call in enumerate(coolify.calls) if call == "PATCH /applications/app-1"]
    bulk = coolify.calls.index("PATCH /applications/app-1/envs/bulk")
    assert patches[0] < bulk < patches[1] < deploy


def test_create_finishes_what_a_broken_run_left(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """An application of that name is taken over, not made a second time."""
    coolify.apps["old"] = {"uuid": "old", "name": "nutri-backend-1"}
    assert provider.create(dict(PROPS)).id == "old"
    assert list(coolify.apps) == ["old"]


def test_a_failed_first_rollout_leaves_nothing(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """A new application whose container never gets healthy is removed again."""
    with pytest.raises(DeploymentFailedError, match="the database is away"):
        provider.create({**PROPS, "tag": "bad"})
    assert coolify.apps == {}


def test_a_failed_update_puts_the_stored_settings_back(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Tag and variables are the old ones again; the old container was never touched."""
    created = provider.create(dict(PROPS))
    bad = {**PROPS, "tag": "bad", "env": {"OTHER": "1"}}
    with pytest.raises(DeploymentFailedError, match=r"nutri-backend-1 \(tag bad\)") as caught:
        provider.update(created.id, dict(PROPS), bad)
    assert "the database is away" in str(caught.value)
    assert coolify.apps[created.id]["docker_registry_image_tag"] == "good-1"
    assert coolify.envs == {"DRAIN_SECONDS": "5"}
    assert coolify.running == "good-1"


def test_variables_that_left_the_config_leave_coolify(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Coolify's bulk call never deletes; the provider does."""
    created = provider.create(dict(PROPS))
    provider.update(created.id, dict(PROPS), {**PROPS, "env": {"OTHER": "1"}})
    assert coolify.envs == {"OTHER": "1"}


def test_a_changed_connection_deploys_nothing(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """A rotated token is stored, without a new container."""
    created = provider.create(dict(PROPS))
    coolify.calls.clear()
    provider.update(created.id, dict(PROPS), {**PROPS, "connection": {"token": "new"}})
    assert "POST /deploy" not in coolify.calls


def test_refresh_sees_a_tag_changed_by_hand(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Read returns the stored tag, so that the next preview shows the difference."""
    created = provider.create(dict(PROPS))
    coolify.apps[created.id]["docker_registry_image_tag"] = "by-hand"
    seen = provider.read(created.id, dict(PROPS)).outs or {}
    assert seen["tag"] == "by-hand"
    assert provider.diff(created.id, seen, dict(PROPS)).changes


def test_refresh_forgets_an_application_deleted_by_hand(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """A vanished application is gone from the state, so that the next up makes it again."""
    assert provider.read("gone", dict(PROPS)).id == ""
    assert coolify.apps == {}


def test_delete_waits_until_it_is_gone(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Deleting twice is no error."""
    created = provider.create(dict(PROPS))
    provider.delete(created.id, dict(PROPS))
    provider.delete(created.id, dict(PROPS))
    assert coolify.apps == {}


def test_delete_leaves_images_alone(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """By default Coolify would remove every image no container uses: a rollback needs them."""
    created = provider.create(dict(PROPS))
    provider.delete(created.id, dict(PROPS))
    deletion = coolify.calls.index("DELETE /applications/app-1")
    assert coolify.queries[deletion] == "docker_cleanup=false"


def test_no_diff_without_change_and_replacement_with_the_server(
    provider: application._ApplicationProvider,
) -> None:
    """Equal inputs are no change; another server means another application."""
    assert not provider.diff("app-1", {**PROPS, "__provider": "x"}, dict(PROPS)).changes
    moved = provider.diff("app-1", dict(PROPS), {**PROPS, "instance": "other"})
    assert moved.replaces == ["instance"]


@pytest.mark.usefixtures("coolify")
def test_coolifys_own_words_are_kept() -> None:
    """Status, message and field errors of a refusal are in the error."""
    answer = {"message": "Validation failed.", "errors": {"swarm_replicas": ["not allowed."]}}
    transport = httpx.MockTransport(lambda _: httpx.Response(422, json=answer))
    with httpx.Client(transport=transport, base_url="http://coolify") as http:
        with pytest.raises(CoolifyError, match=r"422 Validation failed\. swarm_replicas") as caught:
            Client(http).patch("/applications/app-1", {})
        assert caught.value.status == 422


def test_no_answer_is_an_error_for_the_operator(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """A dead API is told as such, without a traceback of the HTTP library."""
    coolify.reachable = False
    with pytest.raises(WaitTimeoutError, match=r"Coolify's API .* gave no answer to GET /version"):
        provider.create(dict(PROPS))


def test_a_server_that_boots_is_waited_for(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """After a resize in the same update Coolify starts."""
    coolify.starts_in = 2
    created = provider.create(dict(PROPS))
    assert (created.id, coolify.starts_in) == ("app-1", 0)
    coolify.starts_in = 2
    provider.update(created.id, dict(PROPS), {**PROPS, "tag": "good-2"})
    assert (coolify.running, coolify.starts_in) == ("good-2", 0)


def test_scaling_in_removes_what_is_not_wanted(coolify: Coolify) -> None:
    """Replicas too many, or moved elsewhere, go at once; other applications stay."""
    names = ("nutri-backend-1", "nutri-backend-2", "nutri-backend-10", "nutri-backend-canary")
    coolify.apps = {name: {"uuid": name, "name": name} for name in names}
    coolify.apps["moved"] = {"uuid": "moved", "name": "nutri-backend-1"}
    scale = prune_replicas._ReplicasProvider()
    props = {**SCALE, "count": 1}
    wanted = {**props, "applications": ["nutri-backend-1"]}
    scale.update("nutri-backend", {**props, "count": 10}, wanted)
    assert sorted(coolify.apps) == ["nutri-backend-1", "nutri-backend-canary"]


def test_a_replica_goes_only_when_nothing_is_under_way_to_it(coolify: Coolify) -> None:
    """Its server's proxy sends it nothing from before its end until after it."""
    coolify.apps = {"too-many": {"uuid": "too-many", "name": "nutri-backend-2"}}
    prune_replicas._ReplicasProvider().create({**SCALE, "count": 1, "applications": ["app-1"]})
    relevant = [one for one in coolify.calls if "drain" in one or "serve" in one or "DEL" in one]
    assert relevant == [
        "drain nutri-backend too-many",
        "DELETE /applications/too-many",
        "serve nutri-backend too-many",
    ]


def test_a_container_is_replaced_only_when_nothing_is_under_way_to_it(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """The deployment begins after that, and requests come back after it."""
    created = provider.create(dict(PROPS))
    coolify.calls.clear()
    provider.update(created.id, dict(PROPS), {**PROPS, "tag": "good-2"})
    relevant = [one for one in coolify.calls if "drain" in one or "serve " in one or "/dep" in one]
    assert relevant[0] == "drain nutri-backend app-1"
    assert "POST /deploy" in relevant
    assert relevant[-1] == "serve nutri-backend app-1"


def test_a_replica_that_moves_is_made_anew(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """One of its name on another server serves on; one on the same server is brought to its end."""
    other = {"uuid": "old", "name": PROPS["application"], "server_uuid": "another"}
    coolify.apps = {"old": other}
    assert provider.create(dict(PROPS)).id == "app-1"
    assert set(coolify.apps) == {"old", "app-1"}
    assert provider.create(dict(PROPS)).id == "app-1"


def test_refresh_gets_past_a_dead_server(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Where Coolify cannot be asked, what is kept stays, so that the next up can mend it."""
    created = provider.create(dict(PROPS))
    coolify.reachable = False
    seen = provider.read(created.id, dict(PROPS))
    assert (seen.id, seen.outs) == (created.id, PROPS)


def test_refresh_counts_replicas_nobody_asked_for(coolify: Coolify) -> None:
    """A third replica made by hand is a difference, and the next update removes it."""
    names = ("nutri-backend-1", "nutri-backend-2", "nutri-backend-3")
    coolify.apps = {name: {"uuid": name, "name": name} for name in names}
    scale = prune_replicas._ReplicasProvider()
    wanted = list(names[:2])
    props = {**SCALE, "count": 2, "applications": wanted}
    seen = scale.read("nutri-backend", props).outs or {}
    assert scale.diff("nutri-backend", seen, props).changes


def _outs(result: Any) -> dict[str, Any]:  # noqa: ANN401 - of reading, creating or updating
    return dict(result.outs)


def test_what_was_set_in_the_dashboard_stays(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Added or changed there: told by fingerprints, never by value, and left as it is."""
    created = provider.create({**PROPS, "env": {"MINE": "1", "OLD": "1", "CHANGED": "1"}})
    coolify.envs |= {"THEIRS": "sesame", "CHANGED": "sesame"}
    state = _outs(provider.read(created.id, _outs(created)))
    changed, added = state["drift"]
    assert re.fullmatch(r"CHANGED is [0-9a-f]{12} there instead of [0-9a-f]{12}", changed)
    assert re.fullmatch(r"THEIRS \([0-9a-f]{12}\) is set there alone", added)
    assert "sesame" not in str(state["drift"])
    news = {**PROPS, "env": {"MINE": "2", "CHANGED": "1"}, "drift": [], "agreed": False}
    updated = provider.update(created.id, state, news)
    assert coolify.envs == {"MINE": "2", "THEIRS": "sesame", "CHANGED": "sesame"}
    assert _outs(updated)["drift"] == state["drift"]
    assert provider.diff(created.id, _outs(updated), news).changes


def test_what_was_set_in_the_dashboard_goes_by_agreement(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """With a roll-out, since the container has it; afterwards nothing is left to say."""
    created = provider.create(dict(PROPS))
    coolify.envs |= {"THEIRS": "sesame", "DRAIN_SECONDS": "9"}
    state = _outs(provider.read(created.id, _outs(created)))
    deployed = coolify.calls.count("POST /deploy")
    news = {**PROPS, "drift": [], "agreed": True}
    updated = provider.update(created.id, state, news)
    assert coolify.envs == {"DRAIN_SECONDS": "5"}
    assert coolify.calls.count("POST /deploy") == deployed + 1
    assert _outs(updated)["drift"] == []
    assert not provider.diff(created.id, _outs(updated), {**news, "agreed": False}).changes


def test_a_variable_taken_from_the_config_goes(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """It was ours; one that is taken in from the dashboard becomes ours."""
    created = provider.create({**PROPS, "env": {"A": "1", "B": "1"}})
    coolify.envs["C"] = "by hand"
    provider.update(created.id, _outs(created), {**PROPS, "env": {"B": "1", "C": "ours"}})
    assert coolify.envs == {"B": "1", "C": "ours"}


def test_stop_first_waits_until_it_is_healthy(
    coolify: Coolify, provider: application._ApplicationProvider
) -> None:
    """Coolify calls it finished at once; when it is not, the old one is started again."""
    props = {**PROPS, "rollout": "stop-first", "memory": 6 * 2**30, "cpus": 1.5}
    created = provider.create(dict(props))
    app = coolify.apps[created.id]
    assert app["is_consistent_container_name_enabled"] is True
    assert (app["limits_memory"], app["limits_cpus"]) == ("6144m", "1.5")
    coolify.ill_tags = {"ill"}
    with pytest.raises(DeploymentFailedError, match="to be healthy"):
        provider.update(created.id, _outs(created), {**props, "tag": "ill"})
    assert coolify.running == "good-1"


def test_volumes_follow_the_config(
    coolify: Coolify,
    provider: application._ApplicationProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Made before the container that has them; what we never asked for stays."""
    prepared: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "infra.coolify.volumes.prepare",
        lambda uuid, _props: prepared.append((uuid, coolify.calls.count("POST /deploy"))),
    )
    created = provider.create({**PROPS, "volumes": {"cache": "/cache", "old": "/old"}})
    assert prepared == [("app-1", 0)]
    coolify.storages["by-hand"] = {"uuid": "x", "name": "by-hand", "mount_path": "/x"}
    provider.update(created.id, _outs(created), {**PROPS, "volumes": {"cache": "/new"}})
    places = {name: one["mount_path"] for name, one in coolify.storages.items()}
    assert places == {"app-1-cache": "/new", "by-hand": "/x"}
