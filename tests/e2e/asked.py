"""What a platform's doubles were asked so far, held to the vendors' documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.contract.asked import Asked, coolify, hetzner

if TYPE_CHECKING:
    from clients.ssh import SshClient
    from tests.e2e.conftest import Cloud

_SEVERE = 400


def of_hetzner(cloud: Cloud) -> list[Asked]:
    """The requests to Hetzner's API that were answered well."""
    calls = cloud.knob("GET", "/calls")["calls"]
    return [
        Asked(one["method"], one["path"], one["query"], one["body"])
        for one in calls
        if one["status"] < _SEVERE and not one["path"].startswith("/storage_box")
    ]


def of_coolify(server: SshClient) -> list[Asked]:
    """The same of Coolify's, since its container was started last."""
    said = server.run("curl -fsS http://127.0.0.1:8000/localcloud/calls").stdout
    return [
        Asked(one["method"], one["path"], one["query"], one["body"])
        for one in json.loads(said)["calls"]
        if one["status"] < _SEVERE
    ]


def problems(cloud: Cloud, server: SshClient) -> list[str]:
    """What of all that is not in the documents."""
    return [
        *hetzner().problems(of_hetzner(cloud)),
        *coolify().problems(one for one in of_coolify(server) if one.path != "/health"),
    ]
