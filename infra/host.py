"""One server: known by its host key before the first contact, hard to lose by a careless edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_command as command
import pulumi_hcloud as hcloud

from infra.addresses import addresses
from infra.cloud_init import user_data
from infra.firewall import firewall
from infra.keys import KeyPair

if TYPE_CHECKING:
    from infra.settings import Settings

# An edit of these would replace the server, and a replaced server has an empty disk.
_FIRST_BOOT_ONLY = ["image", "userData", "sshKeys"]


class Host(pulumi.ComponentResource):
    """A server with its addresses, firewall, keys and reverse DNS.

    Attributes:
        server: the Hetzner server.
        host_key: pinned public host key.
        key: the stack's own key pair, root's first authorized key.
        address: public IPv4 address.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        server_type: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("nutri:infra:Host", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.key = KeyPair("deploy-key", child)
        self.host_key = KeyPair("host-key", child)
        self._addresses = addresses(name, settings, child)
        self._firewall = firewall(name, settings, child)
        self.server = self._server(name, settings, server_type)
        self.address = self._addresses.ipv4.ip_address
        self._reverse_dns(settings)
        self.connection = self._connection()
        self.register_outputs({"address": self.address})

    def _server(self, name: str, settings: Settings, server_type: str) -> hcloud.Server:
        child = pulumi.ResourceOptions(parent=self)
        ssh_key = hcloud.SshKey(
            "ssh-key", name=f"{name}-deploy", public_key=self.key.public_key, opts=child
        )
        boot = pulumi.Output.all(self.host_key.private_key, self.host_key.public_key)
        return hcloud.Server(
            "server",
            name=name,
            server_type=server_type,
            image=settings.image,
            location=settings.location,
            ssh_keys=[ssh_key.id],
            user_data=boot.apply(lambda keys: user_data(*keys)),
            public_nets=[self._public_net()],
            firewall_ids=[self._firewall.id.apply(int)],
            backups=settings.backups,
            keep_disk=True,
            delete_protection=settings.protect,
            rebuild_protection=settings.protect,
            shutdown_before_deletion=True,
            labels={"app": "nutri", "stack": pulumi.get_stack()},
            opts=pulumi.ResourceOptions.merge(
                child,
                pulumi.ResourceOptions(protect=settings.protect, ignore_changes=_FIRST_BOOT_ONLY),
            ),
        )

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
            dns_ptr=f"api.{settings.domain}",
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _connection(self) -> command.remote.ConnectionArgs:
        return command.remote.ConnectionArgs(
            # Waiting for the server's own address means waiting for the server.
            host=self.server.ipv4_address,
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
