"""The number of a service's replicas in Coolify: those beyond it go before the verification.

The engine deletes last of all, after the verification has run; so scaling in happens here, as an
update, and the engine's own deletion finds nothing left to do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from infra.coolify.application import remove
from infra.coolify.resource import CoolifyProvider, CoolifyResource

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from clients.coolify.client import Client


def _unwanted(client: Client, service: str, wanted: Sequence[str]) -> list[str]:
    """Return the uuids of a service's applications beyond the wanted ones: too many, or moved."""
    numbered = re.compile(re.escape(service) + r"-\d+")
    found = client.get("/applications")
    return [
        str(a["uuid"]) for a in found if numbered.fullmatch(a["name"]) and a["uuid"] not in wanted
    ]


class _ReplicasProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"service"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.connect(props) as client:
            for uuid in _unwanted(client, props["service"], props["applications"]):
                remove(client, uuid)
        return CreateResult(props["service"], props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(news).outs)

    def observe(self, client: Client, _id: str, props: dict[str, Any]) -> dict[str, Any]:
        """Count one too many where replicas that nobody asked for are there."""
        count = int(props["count"])
        return {"count": count + len(_unwanted(client, props["service"], props["applications"]))}


class Replicas(CoolifyResource, module="coolify", name="Replicas"):
    """How many replicas a service has; its id is the service's name."""

    def __init__(
        self,
        service: str,
        connection: pulumi.Input[dict[str, Any]],
        applications: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
        *,
        volumes: Sequence[str] = (),
    ) -> None:
        props = {
            "connection": connection,
            "service": service,
            "count": len(applications),
            "applications": list(applications),
            "volumes": list(volumes),
        }
        super().__init__(_ReplicasProvider(), service, props, opts)
