"""Certificates over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.certificates.models import Certificate, facts
from localcloud.hetzner.errors import InvalidInputError, UnsupportedError
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


class Create(Body):
    """POST /certificates."""

    name: str = Field(min_length=1)
    type: Literal["uploaded", "managed"] = "uploaded"
    certificate: str | None = None
    private_key: str | None = None
    domain_names: tuple[str, ...] = ()
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
        "type": certificate.kind,
        "certificate": certificate.certificate or None,
        "created": certificate.created,
        "not_valid_before": certificate.not_valid_before or None,
        "not_valid_after": certificate.not_valid_after or None,
        "domain_names": list(certificate.domain_names),
        "fingerprint": certificate.fingerprint or None,
        "status": _status(certificate),
        "used_by": [
            {"id": number, "type": "load_balancer"}
            for number in cloud.certificates.users(certificate)
        ],
        "labels": certificate.labels,
    }


def _status(certificate: Certificate) -> JSON | None:
    if certificate.issuance is None:
        return None
    problem = certificate.problem
    error = {"code": "dns_zone_not_found", "message": problem} if problem else None
    renewal = "scheduled" if certificate.issuance == "completed" else "unavailable"
    return {"issuance": certificate.issuance, "renewal": renewal, "error": error}


async def list_all(request: Request) -> Response:
    """GET /certificates."""
    cloud = cloud_of(request)
    found = wanted(request, cloud.certificates.all())
    found = among(request, "type", found, lambda one: one.kind)
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "certificates", [shape(one, cloud) for one in ranked])


async def create(request: Request) -> Response:
    """POST /certificates: an uploaded one is there at once, without an action."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    if body.type == "managed":
        return await _create_managed(cloud, body)
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


async def _create_managed(cloud: Cloud, body: Create) -> Response:
    if not body.domain_names:
        raise InvalidInputError.field("domain_names", "is needed for a managed certificate")
    certificate = cloud.certificates.put(
        Certificate(
            id=cloud.state.next_id(),
            name=body.name,
            created=cloud.clock.stamp(),
            certificate="",
            private_key="",
            domain_names=body.domain_names,
            fingerprint="",
            not_valid_before="",
            not_valid_after="",
            labels=body.labels or {},
            issuance="pending",
        )
    )

    async def work() -> None:
        await cloud.certificates.issue(certificate.id)

    resources = [("certificate", certificate.id)]
    action = await cloud.actions.finish("create_certificate", resources, work)
    shown = shape(cloud.certificates.get(certificate.id), cloud)
    return created({"certificate": shown, "action": shape_action(action)})


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


async def retry(request: Request) -> Response:
    """POST .../actions/retry: of a managed one whose issuance or renewal failed."""
    cloud, certificate = cloud_of(request), _certificate(request)
    if certificate.issuance != "failed":
        raise UnsupportedError("only a managed certificate that failed can be tried again")

    async def work() -> None:
        await cloud.certificates.issue(certificate.id)

    resources = [("certificate", certificate.id)]
    return one_action(await cloud.actions.finish("issue_certificate", resources, work))


def _certificate(request: Request) -> Certificate:
    return cloud_of(request).certificates.get(path_id(request))


ROUTES = [
    *routes_for("certificates", "certificate", lambda request: _certificate(request).id),
    *noun_routes(
        "certificates",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(retry,),
    ),
]
