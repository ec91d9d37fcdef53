"""One replica of a service: a Docker-image application in Coolify, rolled out and waited for."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CreateResult, DiffResult, UpdateResult

from clients import drain
from clients.coolify import variables
from clients.coolify.deployments import deploy, running
from clients.coolify.errors import CoolifyNotFoundError
from clients.coolify.started import teller, wait_until_healthy
from clients.ssh import SshClient
from common.errors import OperatorError
from common.fingerprint import fingerprint
from common.target import SshTarget
from common.waiting import NotYetError, wait_until
from infra.coolify import containers, forgotten, volumes
from infra.coolify.project import ENVIRONMENT
from infra.coolify.resource import CoolifyProvider, CoolifyResource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pulumi

    from clients.coolify.client import Client
    from clients.coolify.variables import Variable

IMAGES_KEPT = 6
"""Tags that Coolify's clean-up by night leaves on a server, the running one among them: it does
not spare that one by itself, and a rollback without the registry needs the others."""
_PULL_SECONDS = 600
_DELETE_SECONDS = 120

# A change in these is told to Coolify, but needs no new container.
_NO_ROLLOUT = frozenset({"connection", "bound", "agreed", "drift", "runs", "ssh"})


def _settings(props: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "docker_registry_image_name": props["image"],
        "docker_registry_image_tag": props["tag"],
        "ports_exposes": str(int(props["port"])),
        "custom_network_aliases": props["alias"],
        "docker_images_to_keep": IMAGES_KEPT,
        "stop_grace_period": int(props["stop_grace_seconds"]),
        # Of a fixed name there can be one at a time: Coolify stops the old before it starts it.
        "is_consistent_container_name_enabled": _stops_first(props),
        "limits_memory": _megabytes(props.get("memory")),
        "limits_cpus": f"{props['cpus']:g}" if props.get("cpus") else "0",
        **_health(props["health"]),
    }


def _stops_first(props: Mapping[str, Any]) -> bool:
    return props.get("rollout") == "stop-first"


def _megabytes(size: float | None) -> str:
    """Return a limit of memory as Coolify has it; "0" is none."""
    return f"{int(size) // 2**20}m" if size else "0"


def _health(health: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the health check: a path, a command, or none at all."""
    how: dict[str, Any] = {"health_check_enabled": bool(health["path"] or health.get("command"))}
    if health.get("command"):
        how |= {"health_check_type": "cmd", "health_check_command": health["command"]}
    else:
        how |= {"health_check_type": "http", "health_check_path": health["path"] or "/"}
    return {
        **how,
        "health_check_interval": int(health["interval"]),
        "health_check_timeout": int(health["timeout"]),
        "health_check_retries": int(health["retries"]),
        "health_check_start_period": int(health["start_period"]),
    }


def _labels(props: Mapping[str, Any]) -> dict[str, str]:
    text = "\n".join(props["labels"])
    return {"custom_labels": base64.b64encode(text.encode()).decode()}


def _seen_labels(ours: Sequence[str], seen: Mapping[str, Any]) -> Sequence[str]:
    """Return the labels that Coolify has stored where some of ours are not among them.

    What it may have added is none of ours; a token that may not read them sees none.
    """
    if seen.get("custom_labels") is None:
        return ours
    stored = base64.b64decode(seen["custom_labels"]).decode().splitlines()
    return ours if set(ours) <= set(stored) else stored


def _set_environment(
    client: Client, uuid: str, news: Mapping[str, Any], olds: Mapping[str, Any]
) -> None:
    """Make the variables those wanted; what somebody set in the dashboard goes by agreement only.

    Whatever was ours before, and is not wanted any more, goes.
    """
    wanted, before, there = news["env"], olds.get("env") or {}, variables.read(client, uuid)
    kept = set() if news.get("agreed") else _by_hand(there, wanted, before)
    variables.write(client, uuid, {k: v for k, v in wanted.items() if k not in kept})
    for name, one in there.items():
        if name not in wanted and name not in kept:
            client.delete(f"/applications/{uuid}/envs/{one.uuid}")


def _by_hand(
    there: Mapping[str, Variable], wanted: Mapping[str, str], before: Mapping[str, str]
) -> set[str]:
    """Return what was set in the dashboard: added, or changed while the config did not change."""
    return {
        name
        for name, one in there.items()
        if (name not in wanted and name not in before)
        or (name in wanted and wanted[name] == before.get(name) != one.value)
    }


def _drift(client: Client, uuid: str, props: Mapping[str, Any]) -> list[str]:
    key = str(props["connection"]["token"])
    wanted = {name: fingerprint(key, name, value) for name, value in props["env"].items()}
    return variables.drift(variables.read(client, uuid), wanted, key)


def _configure(
    client: Client, uuid: str, props: Mapping[str, Any], olds: Mapping[str, Any]
) -> None:
    """Store everything; the labels come alone and last, since other fields regenerate them."""
    client.patch(f"/applications/{uuid}", _settings(props))
    _set_environment(client, uuid, props, olds)
    volumes.configure(client, uuid, props, olds)
    client.patch(f"/applications/{uuid}", _labels(props))


def _bound(props: Mapping[str, Any]) -> float:
    health = props["health"]
    checks = health["retries"] * (health["interval"] + health["timeout"])
    return float(_PULL_SECONDS + health["start_period"] + checks + props["stop_grace_seconds"])


def _needs_rollout(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    taken_away = bool(olds.get("drift")) and news.get("agreed")
    changed = any(olds.get(k) != v for k, v in news.items() if k not in _NO_ROLLOUT)
    return bool(taken_away or changed or olds.get("runs"))


def _deploy(client: Client, uuid: str, props: Mapping[str, Any]) -> None:
    label = f"{props['application']} (tag {props['tag']})"
    volumes.prepare(uuid, props)
    with away(props["ssh"], props["alias"], uuid, props["stop_grace_seconds"]):
        deploy(client, uuid, label, _bound(props), progress=teller(client, uuid))
        if _stops_first(props) and _health(props["health"])["health_check_enabled"]:
            # Coolify calls it finished once it has started: that it is healthy is waited for here.
            wait_until_healthy(client, uuid, label, _bound(props))


def _take_place(client: Client, uuid: str, props: Mapping[str, Any]) -> None:
    """End what served in its stead, and is no application of Coolify's any more."""
    way, grace = props["ssh"], int(props["stop_grace_seconds"])
    for one in forgotten.left(client, way, props["application"], uuid):
        with away(way, props["alias"], one, grace):
            forgotten.remove(way, one, grace)


@contextlib.contextmanager
def away(way: Mapping[str, Any], service: str, uuid: str, grace: float) -> Iterator[None]:
    """Keep requests away from an application's container while it is replaced, or goes.

    Args:
        way: to its server, over SSH.
        service: as in its labels.
        uuid: of the application.
        grace: seconds that what is under way may take.
    """
    with (
        SshClient(SshTarget.of(way)) as ssh,
        drain.drained(ssh, service, uuid, grace=grace, say=drain.on_stderr),
    ):
        yield


def _existing(client: Client, name: str, server: str) -> str | None:
    """Find an application left by a run that ended halfway; Coolify itself allows twins.

    One of that name on another server is a replica that moves: it serves until this one does.
    """
    there = client.get(f"/servers/{server}/resources")
    return next((str(one["uuid"]) for one in there if one["name"] == name), None)


def _make(client: Client, props: Mapping[str, Any]) -> str:
    body = {
        "name": props["application"],
        "project_uuid": props["project"],
        "server_uuid": props["instance"],
        "environment_name": ENVIRONMENT,
        "docker_registry_image_name": props["image"],
        "docker_registry_image_tag": props["tag"],
        "ports_exposes": str(int(props["port"])),
        "autogenerate_domain": False,
        "instant_deploy": False,
    }
    return str(client.post("/applications/dockerimage", body)["uuid"])


def _is_gone(client: Client, uuid: str) -> bool:
    try:
        client.get(f"/applications/{uuid}")
    except CoolifyNotFoundError:
        return True
    raise NotYetError("it is still listed")


def _grace(client: Client, uuid: str) -> int:
    try:
        told = client.get(f"/applications/{uuid}")
    except CoolifyNotFoundError:
        return 0
    return int((told.get("settings") or {}).get("stop_grace_period") or 0)


def remove(client: Client, uuid: str) -> None:
    """Delete an application and wait: Coolify only queues the deletion.

    Without the clean-up it does by default: that takes images a rollback may need.
    """
    grace = _grace(client, uuid)
    client.delete(f"/applications/{uuid}?docker_cleanup=false")
    wait_until(
        f"application {uuid} to be deleted",
        lambda: _is_gone(client, uuid),
        bound=_DELETE_SECONDS + grace,
        interval=0.3,
    )


def _runs(client: Client, uuid: str, props: Mapping[str, Any], seen: Mapping[str, Any]) -> str:
    """Return what of its containers is not as Coolify has it stored; empty where all is."""
    found = containers.look(props["ssh"], uuid) if props.get("ssh") else None
    if found is None:
        return str(props.get("runs") or "")
    name, tag = seen["docker_registry_image_name"], str(seen["docker_registry_image_tag"])
    is_digest = "@" in name or tag.startswith("sha256-")
    return containers.differences(
        found,
        "" if is_digest else f"{name}:{tag}",
        _stored(client, uuid, props["env"]),
        running(client, uuid),
    )


def _stored(client: Client, uuid: str, ours: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that Coolify has as we want them: a container has to have them too."""
    listed = client.get(f"/applications/{uuid}/envs")
    there = {env["key"]: env.get("value") for env in listed if not env.get("is_preview")}
    return {key: value for key, value in ours.items() if there.get(key) == value}


class _ApplicationProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"instance", "project", "application"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.awake(props) as client:
            found = _existing(client, props["application"], props["instance"])
            uuid = found or _make(client, props)
            try:
                _configure(client, uuid, props, {})
                _deploy(client, uuid, props)
                drift = _drift(client, uuid, props)
            except OperatorError:
                if not found:
                    with contextlib.suppress(OperatorError):
                        remove(client, uuid)
                raise
            _take_place(client, uuid, props)
        return CreateResult(uuid, {**props, "drift": drift})

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        with self.awake(news) as client:
            _configure(client, id_, news, olds)
            if _needs_rollout(olds, news):
                try:
                    _deploy(client, id_, news)
                except OperatorError:
                    # The next deploy must not bring the bad tag.
                    _configure(client, id_, olds, news)
                    self._bring_back(client, id_, olds, news)
                    raise
            return UpdateResult({**news, "drift": _drift(client, id_, news)})

    @staticmethod
    def _bring_back(client: Client, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> None:
        """Start the old container again where it had to go first; else it serves on."""
        if _stops_first(news):
            with contextlib.suppress(OperatorError):
                _deploy(client, id_, olds)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Agreement alone changes nothing: it says what may happen to drift there is."""
        seen = {k: v for k, v in news.items() if k != "agreed"}
        return super().diff(id_, {"drift": [], "runs": "", **olds}, seen)

    def observe(self, client: Client, id_: str, props: dict[str, Any]) -> dict[str, Any]:
        """Return what differs: variables by their fingerprints, and what really runs."""
        seen = client.get(f"/applications/{id_}")
        return {
            "drift": _drift(client, id_, props),
            "runs": _runs(client, id_, props, seen),
            "labels": _seen_labels(props["labels"], seen),
            "image": seen["docker_registry_image_name"],
            "tag": seen["docker_registry_image_tag"],
        }

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        with self.connect(props) as client:
            remove(client, id_)


class Application(CoolifyResource, module="coolify", name="Application"):
    """A Docker-image application; its id is Coolify's uuid.

    Creating and changing it deploy it and wait until its container is healthy. A deployment that
    fails fails the update, with the container's last lines, and puts the stored settings back.
    """

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        seen = {"drift": [], "runs": ""}
        own = {"application": name, "agreed": props.get("agreed", False), **seen}
        super().__init__(_ApplicationProvider(), name, {**props, **own}, opts)
