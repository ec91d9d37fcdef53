"""Actions over HTTP: by id, all of a noun, all of one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.errors import DeprecatedEndpointError, InvalidInputError, NotFoundError
from localcloud.hetzner.http import JSON, Answer, cloud_of, path_id
from localcloud.hetzner.listing import among, answer_list, ordered

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.actions.models import Action

_SORTS = ("id", "command", "status", "started", "finished")


def shape(action: Action) -> JSON:
    """The action as the API shows it."""
    error = action.error
    return {
        "id": action.id,
        "command": action.command,
        "status": action.status,
        "progress": 0 if action.status == "running" else 100,
        "started": action.started,
        "finished": action.finished,
        "resources": [{"id": one.id, "type": one.type} for one in action.resources],
        "error": {"code": error.code, "message": error.message} if error else None,
    }


def one_action(action: Action) -> Answer:
    """201 with the action, the answer to most posts."""
    return Answer({"action": shape(action)}, 201)


def many_actions(actions: list[Action]) -> Answer:
    """201 with actions, the answer of firewalls."""
    return Answer({"actions": [shape(action) for action in actions]}, 201)


async def list_by_id(request: Request) -> Response:
    """GET /actions: only the ones asked for, but all of them."""
    if not request.query_params.getlist("id"):
        raise DeprecatedEndpointError(
            "listing all actions is not possible any more: ask for actions by id",
            "https://docs.hetzner.cloud/changelog",
        )
    return _answer(request, cloud_of(request).actions.all())


async def get(request: Request) -> Response:
    """GET /actions/{id}."""
    return Answer({"action": shape(cloud_of(request).actions.get(path_id(request)))})


def routes_for(
    plural: str, kind: str, exists: Callable[[Request], int], parameter: str = "{id:int}"
) -> list[Route]:
    """The listings of actions every noun has; `exists` finds the thing or raises NotFoundError."""

    async def of_noun(request: Request) -> Response:
        everything = cloud_of(request).actions.all()
        return _answer(request, [a for a in everything if any(r.type == kind for r in a.resources)])

    async def of_thing(request: Request) -> Response:
        number = exists(request)
        everything = cloud_of(request).actions.all()
        return _answer(request, [a for a in everything if a.concerns(kind, number)])

    async def one(request: Request) -> Response:
        action = cloud_of(request).actions.get(path_id(request, "action_id"))
        thing = exists(request) if "id" in request.path_params else None
        if not any(r.type == kind and thing in {None, r.id} for r in action.resources):
            raise NotFoundError.thing("action", action.id)
        return Answer({"action": shape(action)})

    return [
        Route(f"/{plural}/actions", of_noun, methods=["GET"]),
        Route(f"/{plural}/actions/{{action_id:int}}", one, methods=["GET"]),
        Route(f"/{plural}/{parameter}/actions", of_thing, methods=["GET"]),
        Route(f"/{plural}/{parameter}/actions/{{action_id:int}}", one, methods=["GET"]),
    ]


def _answer(request: Request, actions: list[Action]) -> Response:
    if not all(text.isdecimal() for text in request.query_params.getlist("id")):
        raise InvalidInputError.field("id", "has to be a number")
    found = among(request, "id", actions, lambda action: action.id)
    found = among(request, "status", found, lambda action: action.status)
    return answer_list(request, "actions", [shape(a) for a in ordered(request, found, _SORTS)])


ROUTES = [
    Route("/actions", list_by_id, methods=["GET"]),
    Route("/actions/{id:int}", get, methods=["GET"]),
]
