"""Who may reach the server: the web for all, SSH for the configured networks, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_hcloud as hcloud

if TYPE_CHECKING:
    import pulumi

    from config.settings import Settings

WORLD = ("0.0.0.0/0", "::/0")
WEB_PORTS = (80, 443)

# Coolify's dashboard and API, its websocket and terminal, and databases: never from outside.
SHUT_PORTS = (8000, 6001, 6002, 5432, 6543)


def _rule(
    description: str, protocol: str, sources: tuple[str, ...], port: int | None = None
) -> hcloud.FirewallRuleArgs:
    return hcloud.FirewallRuleArgs(
        direction="in",
        description=description,
        protocol=protocol,
        port=str(port) if port else None,
        source_ips=list(sources),
    )


def _for_operators(settings: Settings) -> list[hcloud.FirewallRuleArgs]:
    return [_rule("ping", "icmp", WORLD), _rule("ssh", "tcp", settings.ssh_networks, 22)]


def firewall(name: str, settings: Settings, opts: pulumi.ResourceOptions) -> hcloud.Firewall:
    """Make the server's firewall; without an `in` rule a port is shut."""
    return hcloud.Firewall(
        "firewall",
        name=name,
        rules=[
            *_for_operators(settings),
            *(_rule("web", "tcp", WORLD, port) for port in WEB_PORTS),
            _rule("http3", "udp", WORLD, 443),
        ],
        opts=opts,
    )


def inner_firewall(name: str, settings: Settings) -> hcloud.Firewall:
    """Make the firewall of servers behind the load balancer, which comes by the private network."""
    return hcloud.Firewall("members-firewall", name=name, rules=_for_operators(settings))
