"""E4, S1 and B1: the server as the Hetzner API sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.check import Check, lasting_servers, servers
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from checks.hetzner import ServerFacts
    from checks.observer import Observer
    from common.target import ServerTarget, Target

_UP = "run `pulumi up`"


def collect_facts(observer: Observer, server: ServerTarget) -> ServerFacts | None:
    """The server's facts."""
    return observer.server_facts(server)


def judge_server(server: ServerTarget, facts: ServerFacts | None, _target: Target) -> Verdict:
    """Green when it runs, with the expected type and address."""
    if facts is None:
        return _gone(server)
    if facts.status != "running":
        return red(
            f"status is {facts.status} instead of running",
            "`runbook server revive`",
        )
    if facts.server_type.name != server.server_type:
        return red(
            f"type is {facts.server_type.name} instead of {server.server_type}",
            "it was resized outside Pulumi: `pulumi refresh`, then decide and `pulumi up`",
        )
    address = facts.public_net.ipv4.ip if facts.public_net.ipv4 else "none"
    if address != server.ipv4:
        return red(f"public IPv4 is {address} instead of {server.ipv4}", _UP)
    return green(f"running, {server.server_type}, {address}")


def judge_backups(server: ServerTarget, facts: ServerFacts | None, target: Target) -> Verdict:
    """Green when backups are on, or are not wanted."""
    if facts is None:
        return _gone(server)
    if facts.backup_window:
        return green(f"on, daily at {facts.backup_window} UTC")
    if target.expectations.backups:
        return red("backups are off, so there is nothing to restore the server from", _UP)
    return green("off, as configured")


def judge_protection(server: ServerTarget, facts: ServerFacts | None, target: Target) -> Verdict:
    """Green when the API refuses to delete and to rebuild the server, or nobody wants it to."""
    if facts is None:
        return _gone(server)
    shields = {"deletion": facts.protection.delete, "rebuild": facts.protection.rebuild}
    missing = [name for name, is_on in shields.items() if not is_on]
    if missing and not target.expectations.protect:
        return green(f"off against {' and '.join(missing)}, as configured (nutri:protect)")
    if missing:
        return red(f"not protected against {' and '.join(missing)}", _UP)
    return green("protected against deletion and rebuild")


def _gone(server: ServerTarget) -> Verdict:
    return red(
        f"the Hetzner API knows no server with id {server.id}",
        "was it deleted, or is the token of another project? `pulumi refresh`, then `pulumi up`",
    )


SERVER = Check("server", "E4", "runs as declared", servers, collect_facts, judge_server)
BACKUPS = Check(
    "backups", "B1", "server backups are on", lasting_servers, collect_facts, judge_backups
)
PROTECTION = Check(
    "protection",
    "B5",
    "protected against deletion",
    lasting_servers,
    collect_facts,
    judge_protection,
)
