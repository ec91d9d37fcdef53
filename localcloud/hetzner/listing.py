"""Lists: filters, sorting, pages."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.http import JSON, Answer
from localcloud.hetzner.labels import Selector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from starlette.requests import Request

T = TypeVar("T")


class _Addressed(Protocol):
    @property
    def ip(self) -> str: ...


A = TypeVar("A", bound=_Addressed)

PER_PAGE = 25
MAX_PER_PAGE = 50


def answer_list(
    request: Request, key: str, things: Sequence[JSON], *, max_per_page: int = MAX_PER_PAGE
) -> Answer:
    """One page of shaped things under `key`, with `meta.pagination` and a Link header."""
    page = _number(request, "page", 1)
    per_page = min(_number(request, "per_page", PER_PAGE), max_per_page)
    first = (page - 1) * per_page
    meta = _pagination(page, per_page, len(things))
    answer = Answer({key: list(things[first : first + per_page]), "meta": {"pagination": meta}})
    link = _link(request, meta)
    if link:
        answer.headers["Link"] = link
    return answer


def wanted(request: Request, things: Iterable[T], labels: bool = True) -> list[T]:
    """The things that the filters every list has, `name` and `label_selector`, let through."""
    name = request.query_params.get("name")
    selector = Selector.parse(request.query_params.get("label_selector", "") if labels else "")
    return [
        thing
        for thing in things
        if (name is None or getattr(thing, "name", None) == name)
        and selector.matches(getattr(thing, "labels", {}))
    ]


def with_ip(request: Request, things: Iterable[A]) -> list[A]:
    """The things with an address the parameter `ip` names; of a network its first will do."""
    wishes = {_first(text) for text in request.query_params.getlist("ip")}
    return [thing for thing in things if not wishes or _first(thing.ip) in wishes]


def _first(text: str) -> str:
    try:
        return str(ipaddress.ip_interface(text).ip)
    except ValueError:
        return text


def among(request: Request, parameter: str, things: list[T], of: Callable[[T], object]) -> list[T]:
    """The things whose value is one of those a repeatable filter names."""
    values = request.query_params.getlist(parameter)
    return [thing for thing in things if str(of(thing)) in values] if values else things


def ordered(request: Request, things: list[T], fields: Sequence[str]) -> list[T]:
    """The things in the order the repeatable parameter `sort` asks for; by id else."""
    result = sorted(things, key=lambda thing: _sortable(thing, "id"))
    for wish in reversed(request.query_params.getlist("sort")):
        name, _, direction = wish.partition(":")
        if name not in fields or direction not in {"", "asc", "desc"}:
            raise InvalidInputError.field("sort", f"cannot sort by {wish!r}")
        result.sort(key=_by(name), reverse=direction == "desc")
    return result


def _by(name: str) -> Callable[[object], tuple[bool, Any]]:
    return lambda thing: _sortable(thing, name)


def _sortable(thing: object, name: str) -> tuple[bool, Any]:
    value = getattr(thing, name)
    return (value is not None, value if value is not None else "")


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise InvalidInputError.field(name, "has to be a positive number")
    return int(text)


def _pagination(page: int, per_page: int, total: int) -> dict[str, int | None]:
    last = max(1, -(-total // per_page))
    return {
        "page": page,
        "per_page": per_page,
        "previous_page": page - 1 if page > 1 else None,
        "next_page": page + 1 if page < last else None,
        "last_page": last,
        "total_entries": total,
    }


def _link(request: Request, meta: Mapping[str, int | None]) -> str:
    relations = {"prev": "previous_page", "next": "next_page", "last": "last_page"}
    return ", ".join(
        f'<{request.url.include_query_params(page=meta[field])}>; rel="{relation}"'
        for relation, field in relations.items()
        if meta[field] is not None
    )
