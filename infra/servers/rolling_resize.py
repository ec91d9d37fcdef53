"""Resizes of several servers go one after another: the next waits until one is back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pulumi

from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from config.settings import Settings
    from infra.ingress.lb_targets import LbTargets

STEADY_SECONDS = 15
"""A server is back once it was healthy for so long: a load balancer learns late of a stop."""
_BOUND_SECONDS = 600


def binding(settings: Settings) -> pulumi.ResourceHookBinding:
    """Return the hooks of servers behind a load balancer."""

    async def back(args: pulumi.ResourceHookArgs) -> None:
        """Hold the next server's change until this one serves again."""
        old, new = dict(args.old_inputs or {}), dict(args.new_inputs or {})
        if old.get("serverType") != new.get("serverType"):
            await asyncio.to_thread(wait_until_back, settings, int(args.id))

    return pulumi.ResourceHookBinding(after_update=[pulumi.ResourceHook("fleet:back", back)])


def wait_until_back(settings: Settings, server: int) -> None:
    """Wait until every load balancer finds a server healthy, for a while.

    Raises:
        WaitTimeoutError: it does not.
    """
    from clients.hetzner import reach  # noqa: PLC0415
    from common.target import HetznerTarget  # noqa: PLC0415 - most runs resize nothing
    from infra.ingress.lb_targets import LbTargets  # noqa: PLC0415

    target = HetznerTarget(endpoint=settings.hcloud_endpoint, token=settings.hcloud_token)
    with reach(target) as api:
        for balancer in api.all("load_balancers"):
            rotation = LbTargets(api, int(balancer["id"]))
            if server in rotation.targets():
                wait_for_steady_health(rotation, server)


def wait_for_steady_health(
    rotation: LbTargets, server: int, *, steady: float = STEADY_SECONDS
) -> None:
    """Wait until a target was healthy at every look for `steady` seconds."""
    since: float | None = None

    def healthy() -> bool:
        nonlocal since
        states = set(rotation.targets().get(server) or ["no target"])
        if states != {"healthy"}:
            since = None
            raise NotYetError(f"it is {', '.join(sorted(states))}")
        since = since or time.monotonic()
        if time.monotonic() - since < steady:
            raise NotYetError("it is healthy since a moment only")
        return True

    wait_until(
        f"server {server} to be back behind the load balancer",
        healthy,
        bound=_BOUND_SECONDS,
        max_interval=2,
        retry_on=NotYetError,
    )
