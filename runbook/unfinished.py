"""A stack whose first update has not come to its end: there is a state, and no output yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clients.dns import NameNotResolvedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clients.dns import Resolver

_SERVER = "hcloud:index/server:Server"
_OWN = "pulumi:"


def line(export: str) -> str:
    """Say what there is so far, by what `pulumi stack export` printed; empty where nothing is."""
    try:
        deployment = json.loads(export).get("deployment") or {}
    except (ValueError, AttributeError):
        return ""
    made = [one for one in deployment.get("resources") or () if _is_made(one)]
    if not made:
        return ""
    servers = [_server(one) for one in made if one.get("type") == _SERVER]
    last = _name(max(made, key=lambda one: str(one.get("modified"))))
    return (
        f". Its first `pulumi up` has not come to its end. It made {len(made)} resources, "
        f"{', '.join(servers) or 'no server'}, the last of them {last}; `pulumi up` goes on from "
        "there, and says what stopped it"
    )


def waiting(export: str, resolver: Resolver) -> str:
    """Say which names do not lead to the stack yet, for their certificates wait for that."""
    if not line(export):
        return ""
    made = json.loads(export)["deployment"]["resources"]
    told = [
        f"{name} does not lead to {address} yet"
        for name, address in filter(None, map(_record, made))
        if address not in _addresses(resolver, name)
    ]
    if not told:
        return ""
    return (
        f". {'; '.join(told)}: the certificate waits for that. Have the domain's registrar name "
        "Hetzner's name servers (docs/production.md), then `pulumi up`"
    )


def _record(resource: Mapping[str, Any]) -> tuple[str, str] | None:
    """Name and address of an A record, whoever made its zone."""
    outputs = resource.get("outputs") or {}
    if outputs.get("type") != "A" or "zone" not in outputs:
        return None
    first = (outputs.get("records") or [{}])[0]
    address = outputs.get("address") or first.get("value")
    return f"{outputs.get('record') or outputs.get('name')}.{outputs['zone']}", str(address)


def _addresses(resolver: Resolver, name: str) -> tuple[str, ...]:
    try:
        return resolver.addresses(name)
    except NameNotResolvedError:
        return ()


def _is_made(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("custom")) and not str(resource.get("type")).startswith(_OWN)


def _server(resource: Mapping[str, Any]) -> str:
    outputs = resource.get("outputs") or {}
    return f"the server {outputs.get('name')} at {outputs.get('ipv4Address')}"


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource.get("urn")).rpartition("::")[2]
