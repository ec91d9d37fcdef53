"""The routes that all nouns of the API have alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request], Awaitable[Response]]


def noun_routes(  # noqa: PLR0913 - one a route
    noun: str,
    list_all: Handler,
    get: Handler,
    *,
    create: Handler | None = None,
    update: Handler | None = None,
    delete: Handler | None = None,
    actions: Iterable[Handler] = (),
    parameter: str = "{id:int}",
) -> list[Route]:
    """The list, one thing of it, and what may be done to that.

    Args:
        noun: plural, as in the path.
        list_all: GET of all.
        get: GET of one.
        create: POST, where there is one.
        update: PUT, likewise.
        delete: DELETE, likewise.
        actions: POST of `actions/<name of the function>`.
        parameter: how the path names one.
    """
    many, one = f"/{noun}", f"/{noun}/{parameter}"
    given = (
        ("GET", many, list_all),
        ("POST", many, create),
        ("GET", one, get),
        ("PUT", one, update),
        ("DELETE", one, delete),
        *(("POST", f"{one}/actions/{action.__name__}", action) for action in actions),
    )
    return [Route(path, handler, methods=[method]) for method, path, handler in given if handler]
