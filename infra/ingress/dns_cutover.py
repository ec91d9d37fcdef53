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
from common.target import HetznerTarget, SshTarget
from common.waiting import NotYetError, WaitTimeoutError, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from clients.hetzner import Hetzner
    from config.settings import Settings
    from infra.ingress.lb_targets import LbTargets

_CERTIFICATE_SECONDS = 300
_COMES_SECONDS = 30
_MOST = 3  # times an hour that the proxy is asked to ask; the vendor bears five failures
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
    return Move(str(new.get("name") or new["record"]), before, after, int(old.get("ttl") or 0))


def _address(inputs: Mapping[str, Any]) -> str:
    if "address" in inputs:  # of a name that was taken over
        return str(inputs["address"])
    records = inputs.get("records") or []
    return str(records[0].get("value", "")) if len(records) == 1 else ""


class DnsCutover:
    """The hooks of the records of one server that had others beside it."""

    def __init__(self, settings: Settings, way: Mapping[str, pulumi.Input[Any]]) -> None:
        """`way`: over SSH to that server."""
        self._settings = settings
        self._way: pulumi.Output[dict[str, Any]] = pulumi.Output.from_input(dict(way))
        self.hooks = pulumi.ResourceHookBinding(
            before_update=[pulumi.ResourceHook("handover:prepare", self._prepare)],
            after_update=[pulumi.ResourceHook("handover:linger", self._linger)],
        )

    async def _prepare(self, args: pulumi.ResourceHookArgs) -> None:
        """Wait until the server shows a valid certificate, before its name leads to it."""
        found = await self._from_balancer(args)
        if not found:
            return
        host, way = f"{found.name}.{self._settings.zone_name}", await self._way.future() or {}
        if ":" in found.after:  # the same certificate, which the other record's hook sees to
            bound = _COMES_SECONDS + 2 * _CERTIFICATE_SECONDS
            await asyncio.to_thread(self._wait_for_certificate, host, str(way["host"]), bound)
        else:
            await asyncio.to_thread(self._have_certificate, host, found.after, way)

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

    def _have_certificate(self, host: str, address: str, way: Mapping[str, Any]) -> None:
        """Wait for it; where it does not come, have all challenges reach that server, and ask."""
        from infra.ingress.certificates import ask  # noqa: PLC0415 - only where something moves
        from infra.ingress.lb_targets import LbTargets  # noqa: PLC0415

        try:
            self._wait_for_certificate(host, address, _COMES_SECONDS)
        except WaitTimeoutError:
            with self._api() as api:
                server = next(
                    int(one["id"])
                    for one in api.all("servers")
                    if ((one["public_net"] or {}).get("ipv4") or {}).get("ip") == address
                )
                for one in api.all("load_balancers"):
                    narrow(LbTargets(api, int(one["id"])), server)
            said = ask(SshTarget.of(way), [host], _MOST)
            pulumi.log.info(f"no certificate of {host} yet; {said}")
            self._wait_for_certificate(host, address, _CERTIFICATE_SECONDS)

    def _api(self) -> AbstractContextManager[Hetzner]:
        from clients.hetzner import reach  # noqa: PLC0415 - only where something moves

        settings = self._settings
        return reach(HetznerTarget(endpoint=settings.hcloud_endpoint, token=settings.hcloud_token))

    def _is_balancer(self, address: str) -> bool:
        with self._api() as api:
            nets = [one["public_net"] for one in api.all("load_balancers")]
        return address in {str(net[kind]["ip"]) for net in nets for kind in ("ipv4", "ipv6")}

    def _wait_for_certificate(self, host: str, address: str, bound: float) -> None:
        from clients.http import trust  # noqa: PLC0415
        from clients.tls import certificate  # noqa: PLC0415

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
            bound=bound,
            retry_on=OperatorError,
        )


def narrow(rotation: LbTargets, server: int) -> None:
    """Have a load balancer send everything to one server, where that one is among its targets.

    Raises:
        WaitTimeoutError: it is not healthy; the others serve on.
    """
    if server not in rotation.targets():
        return
    rotation.wait_for_health([server])
    for other in rotation.targets():
        if other != server:
            rotation.take_out(other)


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
