"""M1: the maintenance page and its banner, before the services of one server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from common.maintenance import HEADER, PATH
from infra.app.service import public
from infra.ingress.maintenance.page import page
from infra.ingress.maintenance.resource import MaintenancePage
from infra.ingress.maintenance.routes import past, routes
from infra.servers.network import balancer_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from common.maintenance import Maintenance
    from config.settings import Settings
    from infra.app.service import ServiceSpec
    from infra.servers.host import Host
    from infra.servers.placement import Placement

__all__ = ["pages"]

_PROGRAM = Path(__file__).parent / "server.py"


def pages(
    settings: Settings,
    specs: Iterable[ServiceSpec],
    hosts: Sequence[Host],
    after: Sequence[pulumi.Resource],
    places: Iterable[Placement] = (),
) -> list[MaintenancePage]:
    """Bring each server's page to what the config says.

    Args:
        settings: the configuration.
        specs: the services.
        hosts: the servers whose proxies serve them.
        after: what the first proxy waits for.
        places: what the proxies of further servers wait for.
    """
    balancer = balancer_address(settings.private_network) if settings.servers > 1 else ""
    props = contents(settings.maintenance, public(specs), balancer)
    waited = [*after, *(one for place in places for one in place.ready)]
    made = []
    for number, host in enumerate(hosts, 1):
        opts = pulumi.ResourceOptions(depends_on=waited, deleted_with=host.server)
        own = {**props, "ssh": host.ssh(), "server": host.server.id}
        made.append(MaintenancePage("maintenance" + f"-{number}" * (number > 1), own, opts))
    return made


def contents(one: Maintenance, services: Mapping[str, str], balancer: str = "") -> dict[str, Any]:
    """What a server gets, texts empty while there is nothing to tell.

    Args:
        one: the maintenance.
        services: host name by service.
        balancer: private address of the load balancer; empty where there is none.
    """
    state = {"banner": one.banner(), "page": page(one), "path": PATH, "header": HEADER}
    return {
        "mode": one.mode.value,
        "hosts": sorted(services.values()),
        "shut": sorted(host for name, host in services.items() if one.covers(name)),
        "routes": "" if one.is_off else routes(one, services, balancer),
        "past": past(services, balancer),
        "state": "" if one.is_off else json.dumps(state, indent=1),
        "program": "" if one.is_off else _PROGRAM.read_text(encoding="utf-8").rstrip(),
    }
