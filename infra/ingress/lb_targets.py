"""Which servers the load balancer sends requests to.

A resource of its own instead of the provider's targets, for two reasons: a new target counts only
once it is healthy for every service, and the same calls take a server out for its resize.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clients.hetzner import Hetzner, HetznerError, reach
from common.target import HetznerTarget
from common.waiting import NotYetError, wait_until
from infra.dynamic import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

_HEALTHY_SECONDS = 300


def _targets(balancer: Mapping[str, Any]) -> dict[int, list[str]]:
    """Return the servers that are targets, with the health each service sees."""
    return {
        int(one["server"]["id"]): [str(seen["status"]) for seen in one.get("health_status") or []]
        for one in balancer["targets"]
        if one["type"] == "server"
    }


class LbTargets:
    """The targets of one load balancer."""

    def __init__(self, api: Hetzner, number: int) -> None:
        self._api = api
        self._path = f"load_balancers/{number}"

    def targets(self) -> dict[int, list[str]]:
        """Return the servers that are targets, with the health each service sees."""
        return _targets(self._api.get(self._path)["load_balancer"])

    def put_in(self, server: int) -> None:
        """Send requests to a server."""
        body = {"type": "server", "server": {"id": server}, "use_private_ip": True}
        self._api.act(f"{self._path}/actions/add_target", body)

    def take_out(self, server: int) -> None:
        """Send no new request to a server; those under way come to their end."""
        body = {"type": "server", "server": {"id": server}}
        self._api.act(f"{self._path}/actions/remove_target", body)

    def wait_for_health(self, servers: Sequence[int]) -> None:
        """Wait until every service sees these servers healthy.

        Raises:
            WaitTimeoutError: it does not.
        """

        def all_healthy() -> bool:
            seen = self.targets()
            for server in servers:
                states = seen.get(server) or ["no target"]
                if set(states) != {"healthy"}:
                    raise NotYetError(f"server {server} is {', '.join(sorted(set(states)))}")
            return True

        wait_until(
            "the load balancer to see its servers healthy",
            all_healthy,
            bound=_HEALTHY_SECONDS,
            interval=0.5,
            max_interval=3,
            retry_on=NotYetError,
        )

    def bring_to(self, servers: Sequence[int]) -> None:
        """Make exactly these the targets; those that leave do so once the others are healthy."""
        known = self.targets()
        for server in servers:
            if server not in known:
                self.put_in(server)
        self.wait_for_health(servers)
        for server in known:
            if server not in servers:
                self.take_out(server)


def _connect(props: Mapping[str, Any]) -> AbstractContextManager[Hetzner]:
    return reach(HetznerTarget(endpoint=props["endpoint"], token=props["token"]))


def _apply(props: Mapping[str, Any]) -> None:
    with _connect(props) as api:
        rotation = LbTargets(api, int(props["balancer"]))
        rotation.bring_to([int(server) for server in props["servers"]])


class _RotationProvider(Provider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"balancer"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        _apply(props)
        return CreateResult(str(props["balancer"]), props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        _apply(news)
        return UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look at the targets that are really there."""
        try:
            with _connect(props) as api:
                seen = LbTargets(api, int(props["balancer"])).targets()
        except HetznerError as error:
            return ReadResult("", {}) if error.code == "not_found" else ReadResult(id_, props)
        wanted = [int(server) for server in props["servers"]]
        there = [server for server in wanted if server in seen]
        strangers = [server for server in seen if server not in wanted]
        return ReadResult(id_, {**props, "servers": [*there, *strangers]})


class Targets(Resource, module="nutri", name="Rotation"):
    """The servers behind the load balancer; done when all are healthy."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["token"])
        super().__init__(
            _RotationProvider(), name, props, pulumi.ResourceOptions.merge(secret, opts)
        )
