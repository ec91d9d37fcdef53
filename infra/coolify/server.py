"""A further server under Coolify, reached by its private address with a key of its own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from clients.coolify.errors import CoolifyError
from infra.coolify.resource import CoolifyProvider, CoolifyResource
from infra.coolify.usable import is_usable, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from clients.coolify.client import Client

KEY_NAME = "nutri further servers"


def _key(client: Client, private_key: str) -> str:
    """Return the uuid of the key that Coolify logs in with, made or brought up to date."""
    body = {"name": KEY_NAME, "private_key": private_key}
    for known in client.get("/security/keys"):
        if known["name"] == KEY_NAME:
            if str(known.get("private_key", "")).strip() != private_key.strip():
                client.patch(f"/security/keys/{known['uuid']}", body)
            return str(known["uuid"])
    return str(client.post("/security/keys", body)["uuid"])


def _existing(client: Client, address: str) -> str | None:
    return next((str(s["uuid"]) for s in client.get("/servers") if s["ip"] == address), None)


def _take_in(client: Client, props: Mapping[str, Any]) -> str:
    body = {"name": props["server"], "private_key_uuid": _key(client, props["private_key"])}
    uuid = _existing(client, props["ip"])
    if uuid:
        client.patch(f"/servers/{uuid}", body)
    else:
        new = {**body, "ip": props["ip"], "user": "root", "proxy_type": "traefik"}
        uuid = str(client.post("/servers", new)["uuid"])
    validate(client, uuid, props["server"])
    return uuid


class _ServerProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"ip"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.connect(props) as client:
            uuid = _take_in(client, props)
        return CreateResult(uuid, {**props, "uuid": uuid})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(news).outs)

    def observe(self, client: Client, id_: str, _props: dict[str, Any]) -> dict[str, Any]:
        return {"usable": is_usable(client.get(f"/servers/{id_}"))}

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        with self.connect(props) as client:
            # What is left on it goes with the machine.
            client.delete(f"/servers/{id_}?force=true")
            for key in client.get("/security/keys"):
                if key["name"] == KEY_NAME:
                    with contextlib.suppress(CoolifyError):  # another server still needs it
                        client.delete(f"/security/keys/{key['uuid']}")


class Server(CoolifyResource, module="coolify", name="Server"):
    """A machine that Coolify puts replicas on; its id is Coolify's uuid.

    A machine that was made anew is taken in anew, under the same uuid; so is one that Coolify
    found it cannot use.
    """

    uuid: pulumi.Output[str]

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_ServerProvider(), name, {**props, "usable": True, "uuid": None}, opts)
