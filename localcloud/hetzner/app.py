"""The API as an app: the nouns behind the gate, the knobs beside it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from localcloud.hetzner import control
from localcloud.hetzner.actions import routes as actions
from localcloud.hetzner.certificates import routes as certificates
from localcloud.hetzner.errors import NotFoundError
from localcloud.hetzner.firewalls import routes as firewalls
from localcloud.hetzner.floating_ips import routes as floating_ips
from localcloud.hetzner.gate import Gate
from localcloud.hetzner.http import Answer
from localcloud.hetzner.images import routes as images
from localcloud.hetzner.isos import routes as isos
from localcloud.hetzner.load_balancer_types import routes as load_balancer_types
from localcloud.hetzner.load_balancers import routes as load_balancers
from localcloud.hetzner.locations import routes as locations
from localcloud.hetzner.networks import routes as networks
from localcloud.hetzner.networks import server_routes as server_networks
from localcloud.hetzner.placement_groups import routes as placement_groups
from localcloud.hetzner.pricing import routes as pricing
from localcloud.hetzner.primary_ips import routes as primary_ips
from localcloud.hetzner.ratelimit import Bucket
from localcloud.hetzner.server_types import routes as server_types
from localcloud.hetzner.servers import routes as servers
from localcloud.hetzner.ssh_keys import routes as ssh_keys
from localcloud.hetzner.storage_box_types import routes as storage_box_types
from localcloud.hetzner.storage_boxes import routes as storage_boxes
from localcloud.hetzner.volumes import routes as volumes
from localcloud.hetzner.zones import routes as zones
from localcloud.supabase import control as supabase_control
from localcloud.supabase import database_routes as supabase_databases
from localcloud.supabase import routes as supabase_projects
from localcloud.supabase.gate import Gate as SupabaseGate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.cloud import Cloud
    from localcloud.supabase.projects import Projects

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOUNS = (
    actions,
    servers,
    server_types,
    images,
    locations,
    isos,
    pricing,
    ssh_keys,
    primary_ips,
    floating_ips,
    firewalls,
    placement_groups,
    networks,
    server_networks,
    certificates,
    load_balancer_types,
    load_balancers,
    volumes,
    storage_box_types,
    storage_boxes,
    zones,
)


class Companion(Protocol):
    """Something that lives as long as the app, in its event loop."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End; also what never began."""


def build(
    cloud: Cloud,
    beside: Sequence[Companion] = (),
    supabase: Projects | None = None,
    mounts: Sequence[Mount] = (),
) -> Starlette:
    """The app that serves a cloud; its lifespan starts and stops the cloud and companions.

    `supabase` is an account of the other vendor, served beside; so are `mounts`.
    """
    companions = (*beside, cloud, *([supabase] if supabase else []))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for companion in companions:
                stack.push_async_callback(companion.stop)
                await companion.start()
            yield

    routes = [route for noun in NOUNS for route in noun.ROUTES]
    gate = Gate(cloud, Bucket(cloud.clock.seconds), routes)
    app = Starlette(
        routes=[
            *(_supabase_mounts(cloud) if supabase else ()),
            *mounts,
            Mount("/_localcloud", routes=control.ROUTES),
            Mount("/v1", gate),
            Route("/{rest:path}", _unknown, methods=METHODS),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.cloud, app.state.supabase = cloud, supabase
    return app


async def _unknown(request: Request) -> Response:
    """Whatever else is asked for: the vendor's envelope, and no page."""
    error = NotFoundError(f"there is no path {request.url.path}")
    return Answer(error.envelope(), error.status)


def _supabase_mounts(cloud: Cloud) -> tuple[Mount, Mount]:
    routes = [*supabase_projects.ROUTES, *supabase_databases.ROUTES]
    return (
        Mount("/_localcloud/supabase", routes=supabase_control.ROUTES),
        Mount("/supabase/v1", SupabaseGate(routes, cloud.knobs)),
    )
