"""The process of a local cloud: API, name server and the servers' front, in one event loop."""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from typing import TYPE_CHECKING

import uvicorn
from starlette.routing import Mount

from localcloud import redis
from localcloud.dns.reverse import reverse_zones
from localcloud.dns.server import NameServer, SilentError
from localcloud.dns.services import service_zone
from localcloud.hetzner.app import build
from localcloud.hetzner.cloud import Cloud
from localcloud.hetzner.late import Once, late
from localcloud.hetzner.machines import MachineError
from localcloud.state import State
from localcloud.supabase.projects import Projects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.hetzner.zones.models import Zone
    from localcloud.node.databases import DockerDatabases
    from localcloud.node.machines import DockerMachines
    from localcloud.node.redis import Redis
    from localcloud.settings import Instance

HOST = "127.0.0.1"
STATE_FILE = "state.db"
RETRY_SECONDS = 5.0

_log = logging.getLogger("localcloud")


def serve(instance: Instance) -> None:
    """Serve until a signal ends it. The home directory has to be there."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    machines = Once(lambda: _machines(instance))
    cloud = Cloud(instance, State(instance.home / STATE_FILE), late(machines))
    supabase = Projects(cloud.state, cloud.clock, lambda: _databases(instance), instance.block)
    names = NameServer(lambda: zones_of(cloud, supabase), instance.dns_port)
    knobs = Mount("/_localcloud/redis", routes=redis.routes(lambda: _redis(instance)))
    app = build(cloud, beside=(names, Front(machines)), supabase=supabase, mounts=(knobs,))
    uvicorn.run(
        app,
        host=HOST,
        port=instance.api_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,  # the API's answers carry its own clock's
        timeout_graceful_shutdown=2,
    )
    cloud.state.close()


def zones_of(cloud: Cloud, supabase: Projects | None = None) -> Iterable[Zone]:
    """Every zone the name server answers for.

    Raises:
        SilentError: it is to answer nothing.
    """
    if cloud.knobs.dns == "silent":
        raise SilentError
    reverse = reverse_zones(cloud.primary_ips.all(), cloud.instance.block)
    databases = supabase.addresses() if supabase else {}
    own = service_zone({**databases, redis.HOST: redis.address(cloud.instance)})
    found = cloud.zones.all() if cloud.knobs.delegated else ()
    return (*found, *reverse, own)


class Front:
    """Opens the servers' public addresses, and watches the servers, once there are machines."""

    def __init__(self, machines: Once[DockerMachines]) -> None:
        self._machines = machines
        self._task: asyncio.Task[None] | None = None
        self._opened: DockerMachines | None = None

    async def start(self) -> None:
        """Begin, without keeping the API waiting."""
        self._task = asyncio.create_task(self._open())

    async def stop(self) -> None:
        """Close the addresses; the machines run on."""
        if self._task is not None:
            self._task.cancel()
        if self._opened is not None:
            await asyncio.to_thread(self._opened.close)
            await self._opened.edge.stop()

    async def _open(self) -> None:
        while True:
            try:
                machines = await asyncio.to_thread(self._machines)
            except MachineError as error:
                _log.warning("no machines yet: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._opened = machines
                await machines.edge.start()
                await asyncio.to_thread(machines.resume)
                return


@cache
def _databases(instance: Instance) -> DockerDatabases:
    from localcloud.node.databases import DockerDatabases  # noqa: PLC0415 as with the machines

    return DockerDatabases(instance)


def _redis(instance: Instance) -> Redis:
    from localcloud.node import docker_engine  # noqa: PLC0415 as with the machines
    from localcloud.node.redis import Redis  # noqa: PLC0415 as with the machines

    return Redis(docker_engine.connect(), instance)


def _machines(instance: Instance) -> DockerMachines:
    # The Docker SDK takes a while to import: not before the API answers.
    from localcloud.node.machines import DockerMachines  # noqa: PLC0415

    return DockerMachines(instance)
