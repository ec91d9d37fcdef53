"""Certificates that the proxy did not get, asked for again once their names lead to the server.

On day one the domain's registrar may not name Hetzner's name servers yet: the proxy asks, fails,
and asks no more before its configuration changes. So each `up` has a look, and has it ask.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from clients.dns import NameNotResolvedError, Resolver
from clients.http import trust
from clients.ssh import SshClient, SshError
from clients.tls import certificate
from infra.remote import program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from common.target import SshTarget, Target

_HTTPS = 443
_SECONDS = 5.0
_COMES_SECONDS = 30.0
"""The proxy asks by itself when a replica comes; that takes its time."""
_POLL_SECONDS = 1.0
_MOST = 3
"""Times an hour; the vendor bears five failures, and the proxy asks by itself too."""


def ask_again(
    target: Target, tell: Callable[[str], None], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Have the proxy ask for what is missing where that can help; tell what waits for what.

    Behind a load balancer nobody sees them: they are there for the way back to one server, whose
    proxy is asked by all that the load balancer leads elsewhere.
    """
    led = [host for host in _missing(target, _hosts(target)) if _leads_here(target, host, tell)]
    if not led or not _do_not_come(target, led, sleep):
        return
    said = ask(target.servers[0].ssh, led, _MOST)
    tell(f"no certificate yet for {', '.join(led)}:\n{said}")


def ask(way: SshTarget, hosts: Sequence[str], most: int) -> str:
    """Have a server's proxy ask for certificates now; what there is to say of it.

    Args:
        way: to the server.
        hosts: the names.
        most: times an hour.
    """
    values = {"HOSTS": "\n".join(hosts), "MOST": str(most)}
    try:
        with SshClient(way) as ssh:
            done = ssh.run("bash -s", stdin=program("ask-for-certificates.sh", values))
    except SshError as error:
        return f"the proxy could not be asked: {error}"
    return done.stdout.strip()


def _hosts(target: Target) -> list[str]:
    return [httpx.URL(one.url).host for one in target.services if one.http and one.url]


def _missing(target: Target, hosts: Sequence[str]) -> list[str]:
    context, address = trust(target.vantage.ca_bundle), target.servers[0].ipv4
    return [one for one in hosts if certificate(address, _HTTPS, one, context, _SECONDS).failure]


def _leads_here(target: Target, host: str, tell: Callable[[str], None]) -> bool:
    ours = target.front_ipv4
    try:
        found = Resolver(target.vantage.nameservers).addresses(host)
    except NameNotResolvedError as error:
        found, leads = (), str(error)
    else:
        leads = f"{host} leads to {', '.join(found)}"
    if found == (ours,):
        return True
    tell(
        f"the certificate of {host} waits until its name leads to {ours}: {leads}. Have the "
        "domain's registrar name Hetzner's name servers (docs/production.md), then `pulumi up`"
    )
    return False


def _do_not_come(target: Target, hosts: Sequence[str], sleep: Callable[[float], None]) -> bool:
    """Whether some are still missing after a while."""
    deadline = time.monotonic() + _COMES_SECONDS
    while missing := _missing(target, hosts):
        if time.monotonic() > deadline:
            break
        sleep(_POLL_SECONDS)
    return bool(missing)
