"""The number of a service's replicas in Coolify: those beyond it go before the verification.

The engine deletes last of all, after the verification has run; so scaling in happens here, as an
update, and the engine's own deletion finds nothing left to do.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from infra.coolify.application import away, remove
from infra.coolify.resource import CoolifyProvider, CoolifyResource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from clients.coolify.client import Client


def _unwanted(client: Client, service: str, wanted: Sequence[str]) -> list[str]:
    """Return the uuids of a service's applications beyond the wanted ones: too many, or moved."""
    numbered = re.compile(re.escape(service) + r"-\d+")
    found = client.get("/applications")
    return [
        str(a["uuid"]) for a in found if numbered.fullmatch(a["name"]) and a["uuid"] not in wanted
    ]


def _let_go(client: Client, uuid: str, props: Mapping[str, Any]) -> None:
    """Delete an application once nothing is under way to it, whichever server it is on."""
    with contextlib.ExitStack() as stack:
        for way in props["ssh"]:
            stack.enter_context(away(way, props["service"], uuid, props["stop_grace_seconds"]))
        remove(client, uuid)


class _ReplicasProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"service"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.connect(props) as client:
            for uuid in _unwanted(client, props["service"], props["applications"]):
                _let_go(client, uuid, props)
        return CreateResult(props["service"], props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(news).outs)

    def observe(self, client: Client, _id: str, props: dict[str, Any]) -> dict[str, Any]:
        """Count one too many where replicas that nobody asked for are there."""
        count = int(props["count"])
        return {"count": count + len(_unwanted(client, props["service"], props["applications"]))}


class Replicas(CoolifyResource, module="coolify", name="Replicas"):
    """How many replicas a service has; its id is the service's name."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it has to do with
        self,
        service: str,
        connection: pulumi.Input[dict[str, Any]],
        applications: Sequence[pulumi.Input[str]],
        ways: Sequence[Mapping[str, Any]],
        stop_grace_seconds: int,
        opts: pulumi.ResourceOptions | None = None,
        *,
        volumes: Sequence[str] = (),
    ) -> None:
        """`ways`: over SSH to each server its replicas may be on."""
        props = {
            "connection": connection,
            "service": service,
            "count": len(applications),
            "applications": list(applications),
            "volumes": list(volumes),
            "ssh": list(ways),
            "stop_grace_seconds": stop_grace_seconds,
        }
        super().__init__(_ReplicasProvider(), service, props, opts)
