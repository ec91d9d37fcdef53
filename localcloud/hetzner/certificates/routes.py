"""Certificates over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from starlette.routing import Route

from localcloud.hetzner.actions.routes import routes_for
from localcloud.hetzner.certificates.models import Certificate, facts
from localcloud.hetzner.errors import InvalidInputError
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

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.cloud import Cloud


class Create(Body):
    """POST /certificates."""

    name: str = Field(min_length=1)
    type: Literal["uploaded", "managed"] = "uploaded"
    certificate: str | None = None
    private_key: str | None = None
    labels: Labels | None = None


class Update(Body):
    """PUT /certificates/{id}."""

    name: str | None = Field(None, min_length=1)
    labels: Labels | None = None


def shape(certificate: Certificate, cloud: Cloud) -> JSON:
    """The certificate as the API shows it: never the key."""
    return {
        "id": certificate.id,
        "name": certificate.name,
        "type": "uploaded",
        "certificate": certificate.certificate,
        "created": certificate.created,
        "not_valid_before": certificate.not_valid_before,
        "not_valid_after": certificate.not_valid_after,
        "domain_names": list(certificate.domain_names),
        "fingerprint": certificate.fingerprint,
        "status": None,
        "used_by": [
            {"id": number, "type": "load_balancer"}
            for number in cloud.certificates.users(certificate)
        ],
        "labels": certificate.labels,
    }


async def list_all(request: Request) -> Response:
    """GET /certificates."""
    cloud = cloud_of(request)
    found = wanted(request, cloud.certificates.all())
    found = among(request, "type", found, lambda _certificate: "uploaded")
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "certificates", [shape(one, cloud) for one in ranked])


async def create(request: Request) -> Response:
    """POST /certificates: an uploaded one is there at once, without an action."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    if body.type == "managed":
        raise InvalidInputError.field("type", "the local cloud has uploaded certificates only")
    if not body.certificate or not body.private_key:
        raise InvalidInputError.field("certificate", "is needed, and private_key too")
    certificate = Certificate(
        id=cloud.state.next_id(),
        name=body.name,
        created=cloud.clock.stamp(),
        certificate=body.certificate,
        private_key=body.private_key,
        labels=body.labels or {},
        **asdict(facts(body.certificate, body.private_key)),
    )
    return created({"certificate": shape(cloud.certificates.put(certificate), cloud)})


async def get(request: Request) -> Response:
    """GET /certificates/{id}."""
    return Answer({"certificate": shape(_certificate(request), cloud_of(request))})


async def update(request: Request) -> Response:
    """PUT /certificates/{id}."""
    cloud = cloud_of(request)
    certificate = _certificate(request)
    body = await parse(request, Update)
    changed = cloud.certificates.update(certificate, body.name, body.labels)
    return Answer({"certificate": shape(changed, cloud)})


async def delete(request: Request) -> Response:
    """DELETE /certificates/{id}."""
    cloud_of(request).certificates.delete(_certificate(request))
    return no_content()


def _certificate(request: Request) -> Certificate:
    return cloud_of(request).certificates.get(path_id(request))


_ONE = "/certificates/{id:int}"
ROUTES = [
    *routes_for("certificates", "certificate", lambda request: _certificate(request).id),
    Route("/certificates", list_all, methods=["GET"]),
    Route("/certificates", create, methods=["POST"]),
    Route(_ONE, get, methods=["GET"]),
    Route(_ONE, update, methods=["PUT"]),
    Route(_ONE, delete, methods=["DELETE"]),
]
