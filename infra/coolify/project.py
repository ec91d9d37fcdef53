"""A project in Coolify, with the environment `production` that is made with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from infra.coolify.resource import CoolifyProvider, CoolifyResource

if TYPE_CHECKING:
    import pulumi

    from clients.coolify.client import Client

ENVIRONMENT = "production"


def _existing(client: Client, name: str) -> str | None:
    """Find a project left by a run that ended halfway; Coolify itself allows twins."""
    return next((p["uuid"] for p in client.get("/projects") if p["name"] == name), None)


class _ProjectProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"instance", "project"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.connect(props) as client:
            name = props["project"]
            uuid = _existing(client, name) or client.post("/projects", {"name": name})["uuid"]
        return CreateResult(uuid, props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(news)

    def observe(self, client: Client, id_: str, _props: dict[str, Any]) -> dict[str, Any]:
        client.get(f"/projects/{id_}")
        return {}

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        with self.connect(props) as client:
            client.delete(f"/projects/{id_}")


class Project(CoolifyResource, module="coolify", name="Project"):
    """A project; its id is Coolify's uuid."""

    def __init__(
        self,
        name: str,
        connection: pulumi.Input[dict[str, Any]],
        instance: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"connection": connection, "instance": instance, "project": name}
        super().__init__(_ProjectProvider(), name, props, opts)
