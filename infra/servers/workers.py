"""Further servers, from a fresh machine to a place for replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra.coolify.proxy import Proxy, wanted
from infra.coolify.server import Server
from infra.remote import step
from infra.servers.baseline import baseline_values
from infra.servers.keys import KeyPair
from infra.servers.network import server_address
from infra.servers.placement import Placement

if TYPE_CHECKING:
    import pulumi_command as command

    from config.settings import Settings
    from infra.coolify.platform import Platform
    from infra.servers.fleet import Fleet
    from infra.servers.host import Host


def places(fleet: Fleet, platform: Platform, settings: Settings) -> list[Placement]:
    """Return every place for replicas; the further servers' are made here."""
    found = [platform.place]
    if fleet.workers:
        key = KeyPair("coolify-key", spare=True)
        found += [Worker(host, key, fleet, platform, settings).place for host in fleet.workers]
    return found


class Worker(pulumi.ComponentResource):
    """A server that Coolify, on the first one, puts replicas on.

    Attributes:
        place: for the replicas.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it has to do with
        self,
        host: Host,
        key: KeyPair,
        fleet: Fleet,
        platform: Platform,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("nutri:infra:Member", f"member-{host.number}", None, opts)
        self._host = host
        self._platform = platform
        self._settings = settings
        address = server_address(settings.private_network, 1)
        values: dict[str, pulumi.Input[str]] = {
            "COOLIFY_KEY": key.public_key.apply(lambda text: f'from="{address}" {text}'),
            "ADDRESS_POOL": settings.docker_address_pool,
        }
        booted = self._step("wait-for-boot", {})
        based = self._step("baseline", baseline_values(), booted)
        admitted = self._step("admit-coolify", values, based, *fleet.memberships)
        server = self._server(key, admitted)
        self.place = self._place(server)
        self.register_outputs({})

    def _step(
        self, script: str, values: dict[str, pulumi.Input[str]], *after: pulumi.Resource
    ) -> command.remote.Command:
        host = self._host
        return step(
            host.named(script),
            host.connection,
            host.server,
            values,
            parent=self,
            after=after,
            script=script,
        )

    def _server(self, key: KeyPair, admitted: pulumi.Resource) -> Server:
        host, platform = self._host, self._platform
        props = {
            "connection": platform.connection(),
            "server": host.server.name,
            "ip": server_address(self._settings.private_network, host.number),
            "private_key": key.private_key,
            "machine": host.server.id,
        }
        # It is known to the first server's Coolify, so it goes with that one.
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=[admitted, platform.instance],
            deleted_with=platform.host.server,
            additional_secret_outputs=["private_key"],
        )
        return Server(host.named("server"), props, opts)

    def _place(self, server: Server) -> Placement:
        host, platform = self._host, self._platform
        runs = self._step("wait-for-proxy", {}, server)
        hardened = self._step("harden", platform.operators(), runs)
        login = platform.registry_values()
        logins = [self._step("registry-login", login, runs)] if login else []
        props = {
            "connection": platform.connection(),
            "server": server.uuid,
            "ssh": host.ssh(),
            **wanted(self._settings, asks=False),
            "machine": host.server.id,
        }
        opts = pulumi.ResourceOptions(
            parent=self, depends_on=[hardened], deleted_with=platform.host.server
        )
        proxy = Proxy(host.named("proxy"), props, opts)
        return Placement(
            host.number, server.uuid, (proxy, hardened, *logins), host.ssh(), host.server.id
        )
