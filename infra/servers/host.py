"""One server: known by its host key before the first contact, hard to lose by a careless edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_command as command
import pulumi_hcloud as hcloud

from common import changes
from config import rotation, services
from infra.servers.addresses import addresses
from infra.servers.cloud_init import user_data
from infra.servers.firewall import firewall
from infra.servers.keys import KeyPair
from infra.servers.reachable import Reachable
from infra.servers.refusals import served

if TYPE_CHECKING:
    from config.settings import Settings
    from infra.servers.tiers import Choice

# An edit of these would replace the server, and a replaced server has an empty disk.
_FIRST_BOOT_ONLY = ["image", "userData", "sshKeys"]


@dataclass(frozen=True)
class Joining:
    """What a further server shares with those before it.

    It keeps nothing that the next `up` would not bring back: no protection, no backups, and no
    address that outlives it.
    """

    number: int
    first: Host
    firewall: hcloud.Firewall
    group: hcloud.PlacementGroup | None
    after: Host
    """The server before it: servers are made, and resized, one after another."""


class Host(pulumi.ComponentResource):
    """A server with its addresses, firewall, keys and reverse DNS.

    The first server's resources have plain names; those of a further one end in its number.

    Attributes:
        number: 1 for the first.
        server: the Hetzner server.
        host_key: pinned public host key.
        key: the stack's own key pair, root's first authorized key.
        ssh_key: that key pair, as Hetzner knows it.
        address: public IPv4 address.
    """

    key: KeyPair
    server: hcloud.Server
    ssh_key: hcloud.SshKey
    address: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the first and further ones
        self,
        name: str,
        settings: Settings,
        choice: Choice,
        opts: pulumi.ResourceOptions | None = None,
        *,
        joining: Joining | None = None,
        hooks: pulumi.ResourceHookBinding | None = None,
    ) -> None:
        """`hooks`: around changes of the server itself."""
        super().__init__("nutri:infra:Host", name, None, opts)
        self._hooks = hooks
        self.number = joining.number if joining else 1
        child = pulumi.ResourceOptions(parent=self)
        self.key = (
            joining.first.key
            if joining
            else KeyPair("deploy-key", child, given=settings.given(rotation.SSH_KEY))
        )
        self.host_key = KeyPair(self.named("host-key"), child, spare=joining is not None)
        if joining:
            self._join(name, settings, choice, joining)
        else:
            self._found(name, settings, choice)
        self.connection = self._connection()
        self.register_outputs({"address": self.address})

    def named(self, resource: str) -> str:
        """Return the name of one of this server's resources."""
        return resource if self.number == 1 else f"{resource}-{self.number}"

    def _found(self, name: str, settings: Settings, choice: Choice) -> None:
        """Make the first server."""
        child = pulumi.ResourceOptions(parent=self)
        self._addresses = addresses(name, settings, child, served=served(choice))
        rules = firewall(name, settings, child)
        self.ssh_key = hcloud.SshKey(
            "ssh-key", name=f"{name}-deploy", public_key=self.key.public_key, opts=child
        )
        self.server = self._server(
            hcloud.ServerArgs(
                name=name,
                server_type=choice.server_type,
                public_nets=[self._public_net()],
                firewall_ids=[rules.id.apply(int)],
                backups=settings.backups,
                delete_protection=settings.protect,
                rebuild_protection=settings.protect,
            ),
            settings,
            pulumi.ResourceOptions(protect=settings.protect),
        )
        self.address = self._addresses.ipv4.ip_address
        self._reverse_dns(settings)

    def _join(self, name: str, settings: Settings, choice: Choice, joining: Joining) -> None:
        """Make a further server."""
        group = joining.group
        self.ssh_key = joining.first.ssh_key
        self.server = self._server(
            hcloud.ServerArgs(
                name=name,
                server_type=choice.server_type,
                firewall_ids=[joining.firewall.id.apply(int)],
                placement_group_id=group.id.apply(int) if group else None,
            ),
            settings,
            pulumi.ResourceOptions(depends_on=[joining.after.server]),
        )
        self.address = self.server.ipv4_address

    def _server(
        self, args: hcloud.ServerArgs, settings: Settings, opts: pulumi.ResourceOptions
    ) -> hcloud.Server:
        boot = pulumi.Output.all(self.host_key.private_key, self.host_key.public_key)
        args.image = settings.image
        args.location = settings.location
        # By name: a key that is changed keeps it, and its number not.
        args.ssh_keys = [self.ssh_key.name]
        args.user_data = boot.apply(lambda keys: user_data(*keys))
        args.keep_disk = True
        args.shutdown_before_deletion = True
        args.labels = {"app": "nutri", "stack": pulumi.get_stack(), **self._spare()}
        own = pulumi.ResourceOptions(
            parent=self, ignore_changes=_FIRST_BOOT_ONLY, hooks=self._hooks
        )
        return hcloud.Server(self.named("server"), args, pulumi.ResourceOptions.merge(opts, own))

    def _spare(self) -> dict[str, str]:
        """Mark a server that may be resized without a backup: the next `up` would bring it back."""
        return {changes.SPARE: "yes"} if self.number > 1 else {}

    def _public_net(self) -> hcloud.ServerPublicNetArgs:
        return hcloud.ServerPublicNetArgs(
            ipv4_enabled=True,
            ipv4=self._addresses.ipv4.id.apply(int),
            ipv6_enabled=True,
            ipv6=self._addresses.ipv6.id.apply(int),
        )

    def _reverse_dns(self, settings: Settings) -> None:
        hcloud.Rdns(
            "reverse-dns",
            primary_ip_id=self._addresses.ipv4.id.apply(int),
            ip_address=self.address,
            dns_ptr=services.front(settings),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _connection(self) -> command.remote.ConnectionArgs:
        return command.remote.ConnectionArgs(
            # Waiting for this address means waiting for the server, and for it to let us in.
            host=Reachable(self, pulumi.ResourceOptions(parent=self)).address,
            user="root",
            private_key=self.key.private_key,
            host_key=self.host_key.public_key,
            dial_error_limit=60,
            per_dial_timeout=5,
        )

    @property
    def ipv6(self) -> pulumi.Output[str]:
        """First public IPv6 address."""
        return self.server.ipv6_address

    def ssh(self) -> dict[str, Any]:
        """How to reach root over SSH, for resources of ours and for the target."""
        return {
            "host": self.server.ipv4_address,
            "port": 22,
            "user": "root",
            "host_key": self.host_key.public_key,
            "private_key": self.key.private_key,
        }
