"""SSH keys over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

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

    from localcloud.hetzner.ssh_keys.models import SshKey


class Create(Body):
    """POST /ssh_keys."""

    name: str = Field(min_length=1)
    public_key: str
    labels: Labels = Field(default_factory=dict)


class Update(Body):
    """PUT /ssh_keys/{id}."""

    name: str | None = Field(None, min_length=1)
    labels: Labels | None = None


def shape(key: SshKey) -> JSON:
    """The key as the API shows it."""
    return asdict(key)


async def list_all(request: Request) -> Response:
    """GET /ssh_keys."""
    found = wanted(request, cloud_of(request).ssh_keys.all())
    found = among(request, "fingerprint", found, lambda key: key.fingerprint)
    shapes = [shape(key) for key in ordered(request, found, ("id", "name"))]
    return answer_list(request, "ssh_keys", shapes)


async def create(request: Request) -> Response:
    """POST /ssh_keys."""
    body = await parse(request, Create)
    key = cloud_of(request).ssh_keys.create(body.name, body.public_key, body.labels)
    return created({"ssh_key": shape(key)})


async def get(request: Request) -> Response:
    """GET /ssh_keys/{id}."""
    return Answer({"ssh_key": shape(cloud_of(request).ssh_keys.get(path_id(request)))})


async def update(request: Request) -> Response:
    """PUT /ssh_keys/{id}."""
    keys = cloud_of(request).ssh_keys
    key = keys.get(path_id(request))
    body = await parse(request, Update)
    return Answer({"ssh_key": shape(keys.update(key, body.name, body.labels))})


async def delete(request: Request) -> Response:
    """DELETE /ssh_keys/{id}."""
    keys = cloud_of(request).ssh_keys
    keys.delete(keys.get(path_id(request)))
    return no_content()


ROUTES = noun_routes("ssh_keys", list_all, get, create=create, update=update, delete=delete)
