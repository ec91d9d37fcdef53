"""A stack whose first update has not come to its end: there is a state, and no output yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def _is_made(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("custom")) and not str(resource.get("type")).startswith(_OWN)


def _server(resource: Mapping[str, Any]) -> str:
    outputs = resource.get("outputs") or {}
    return f"the server {outputs.get('name')} at {outputs.get('ipv4Address')}"


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource.get("urn")).rpartition("::")[2]
