"""A running Coolify: its API switched on, its version as pinned, its own server found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from common.errors import OperatorError
from infra.coolify.resource import CoolifyProvider, CoolifyResource

if TYPE_CHECKING:
    import pulumi

    from clients.coolify.client import Client


def _own_server(client: Client) -> str:
    for server in client.get("/servers"):
        if server.get("is_coolify_host") or server["ip"] == "host.docker.internal":
            return str(server["uuid"])
    raise OperatorError("Coolify does not list the server it runs on; was its first start cut off?")


def _observe(client: Client) -> dict[str, Any]:
    client.post("/enable")
    return {"version": client.get("/version").strip(), "server_uuid": _own_server(client)}


class _InstanceProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"server_id"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.connect(props) as client:
            observed = _observe(client)
        if observed["version"] != props["version"]:
            raise OperatorError(
                f"Coolify is {observed['version']}, nutri:coolifyVersion wants {props['version']}"
            )
        return CreateResult(observed["server_uuid"], {**props, **observed})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(news).outs)

    def observe(self, client: Client, _id: str, _props: dict[str, Any]) -> dict[str, Any]:
        return _observe(client)


class Instance(CoolifyResource, module="coolify", name="Instance"):
    """Coolify itself; its id is the uuid of the server it runs on."""

    server_uuid: pulumi.Output[str]
    version: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        connection: pulumi.Input[dict[str, Any]],
        version: str,
        server_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "connection": connection,
            "version": version,
            "server_id": server_id,
            "server_uuid": None,
        }
        super().__init__(_InstanceProvider(), name, props, opts)
