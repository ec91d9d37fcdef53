"""Back from a load balancer to one server without a lost request.

Resolvers keep the load balancer's address for the records' TTL, and the server's own proxy has to
have certificates before anybody comes to it. Both are seen to around the change of a record, by
hooks: a resource of its own would have to stay in every stack for it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from common.errors import OperatorError
from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings import Settings

_CERTIFICATE_SECONDS = 300
_HTTPS = 443
_ROOM_SECONDS = 5


@dataclass(frozen=True)
class Move:
    """A record that leads elsewhere from now on."""

    name: str
    before: str
    after: str
    ttl: int


def move(old: Mapping[str, Any], new: Mapping[str, Any]) -> Move | None:
    """Read the inputs of a record before and after; None where its address stays."""
    before, after = _address(old), _address(new)
    if not before or before == after:
        return None
    return Move(str(new["name"]), before, after, int(old.get("ttl") or 0))


def _address(inputs: Mapping[str, Any]) -> str:
    records = inputs.get("records") or []
    return str(records[0].get("value", "")) if len(records) == 1 else ""


class Handover:
    """The hooks of the records of one server that had others beside it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.hooks = pulumi.ResourceHookBinding(
            before_update=[pulumi.ResourceHook("handover:prepare", self._prepare)],
            after_update=[pulumi.ResourceHook("handover:linger", self._linger)],
        )

    async def _prepare(self, args: pulumi.ResourceHookArgs) -> None:
        """Wait until the server shows a valid certificate, before its name leads to it."""
        found = await self._from_balancer(args)
        if found and ":" not in found.after:
            host = f"{found.name}.{self._settings.zone_name}"
            await asyncio.to_thread(self._wait_for_certificate, host, found.after)

    async def _linger(self, args: pulumi.ResourceHookArgs) -> None:
        """Keep what comes after waiting until resolvers have forgotten the load balancer."""
        found = await self._from_balancer(args)
        if found:
            await asyncio.to_thread(forget, found)

    async def _from_balancer(self, args: pulumi.ResourceHookArgs) -> Move | None:
        found = move(dict(args.old_inputs or {}), dict(args.new_inputs or {}))
        if found is None:
            return None
        from_balancer = await asyncio.to_thread(self._is_balancer, found.before)
        return found if from_balancer else None

    def _is_balancer(self, address: str) -> bool:
        from clients.hetzner import reach  # noqa: PLC0415
        from common.target import HetznerTarget  # noqa: PLC0415 - only where something moves

        target = HetznerTarget(
            endpoint=self._settings.hcloud_endpoint, token=self._settings.hcloud_token
        )
        with reach(target) as api:
            nets = [one["public_net"] for one in api.all("load_balancers")]
        return address in {str(net[kind]["ip"]) for net in nets for kind in ("ipv4", "ipv6")}

    def _wait_for_certificate(self, host: str, address: str) -> None:
        from checks.sockets import certificate  # noqa: PLC0415
        from clients.http import trust  # noqa: PLC0415

        context = trust(self._settings.ca_bundle or None)

        def valid() -> bool:
            shown = certificate(address, _HTTPS, host, context, 10)
            if shown.failure:
                raise NotYetError(shown.failure)
            return True

        wait_until(
            f"a certificate of {host} on the server at {address} (its proxy asks for one while the"
            " load balancer still leads there; see docs/servers.md)",
            valid,
            bound=_CERTIFICATE_SECONDS,
            retry_on=OperatorError,
        )


def forget(found: Move) -> None:
    """Wait for a record's old TTL to pass."""
    over = time.monotonic() + found.ttl

    def passed() -> bool:
        left = over - time.monotonic()
        if left > 0:
            raise NotYetError(f"{left:.0f} s are left")
        return True

    wait_until(
        f"resolvers to forget that {found.name} led to {found.before}",
        passed,
        bound=found.ttl + _ROOM_SECONDS,
        max_interval=10,
        retry_on=NotYetError,
    )
