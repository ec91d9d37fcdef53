"""Placement groups over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from localcloud.hetzner.http import (
    JSON,
    Answer,
    Body,
    Labels,
    cloud_of,
    created,
    no_content,
    parse,
    path_id,
)
from localcloud.hetzner.listing import among, answer_list, ordered, wanted
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.placement_groups.models import PlacementGroup


class Create(Body):
    """POST /placement_groups."""

    name: str = Field(min_length=1)
    type: Literal["spread"]
    labels: Labels = Field(default_factory=dict)


class Update(Body):
    """PUT /placement_groups/{id}."""

    name: str | None = Field(None, min_length=1)
    labels: Labels | None = None


def shape(group: PlacementGroup, cloud: Cloud) -> JSON:
    """The group as the API shows it."""
    return {
        "id": group.id,
        "name": group.name,
        "type": group.type,
        "created": group.created,
        "labels": group.labels,
        "servers": cloud.placement_groups.members(group),
    }


async def list_all(request: Request) -> Response:
    """GET /placement_groups."""
    cloud = cloud_of(request)
    found = wanted(request, cloud.placement_groups.all())
    found = among(request, "type", found, lambda group: group.type)
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "placement_groups", [shape(group, cloud) for group in ranked])


async def create(request: Request) -> Response:
    """POST /placement_groups: done at once, the action is null."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    group = cloud.placement_groups.create(body.name, body.labels)
    return created({"placement_group": shape(group, cloud), "action": None})


async def get(request: Request) -> Response:
    """GET /placement_groups/{id}."""
    return Answer({"placement_group": shape(_group(request), cloud_of(request))})


async def update(request: Request) -> Response:
    """PUT /placement_groups/{id}."""
    cloud = cloud_of(request)
    group = _group(request)
    body = await parse(request, Update)
    changed = cloud.placement_groups.update(group, body.name, body.labels)
    return Answer({"placement_group": shape(changed, cloud)})


async def delete(request: Request) -> Response:
    """DELETE /placement_groups/{id}."""
    cloud_of(request).placement_groups.delete(_group(request))
    return no_content()


def _group(request: Request) -> PlacementGroup:
    return cloud_of(request).placement_groups.get(path_id(request))


ROUTES = noun_routes("placement_groups", list_all, get, create=create, update=update, delete=delete)
