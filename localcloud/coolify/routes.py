"""Every route of the API, collected from the nouns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.coolify.applications import routes as applications
from localcloud.coolify.deployments import routes as deployments
from localcloud.coolify.envs import routes as envs
from localcloud.coolify.keys import routes as keys
from localcloud.coolify.projects import routes as projects
from localcloud.coolify.servers import routes as servers
from localcloud.coolify.storages import routes as storages
from localcloud.coolify.system import routes as system
from localcloud.coolify.tags import routes as tags
from localcloud.coolify.teams import routes as teams

if TYPE_CHECKING:
    from localcloud.coolify.call import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *system.ENDPOINTS,
    *teams.ENDPOINTS,
    *keys.ENDPOINTS,
    *servers.ENDPOINTS,
    *projects.ENDPOINTS,
    *tags.ENDPOINTS,
    *envs.ENDPOINTS,
    *storages.ENDPOINTS,
    *applications.ENDPOINTS,
    *deployments.ENDPOINTS,
)

FORMERLY_GET = tuple(
    re.compile(pattern)
    for pattern in (
        r"/(mcp/)?(enable|disable)",
        r"/deploy",
        r"/servers/[^/]+/validate",
        r"/(applications|services|databases)/[^/]+/(start|stop|restart)",
    )
)
"""Paths that were GET before 4.2.0 and now say so."""
