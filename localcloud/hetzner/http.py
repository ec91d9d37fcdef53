"""From a request to typed values, and from values to an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from starlette.responses import Response

from localcloud.hetzner.errors import ApiError, InvalidInputError, JsonError
from localcloud.hetzner.labels import check_labels

if TYPE_CHECKING:
    from starlette.requests import Request

    from localcloud.hetzner.cloud import Cloud

JSON = dict[str, Any]


class Body(BaseModel):
    """A request body; properties it does not know are ignored, as the API does mostly."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class ClosedBody(Body):
    """A request body that takes no unknown property."""

    model_config = ConfigDict(extra="forbid")


def _checked(labels: dict[str, str]) -> dict[str, str]:
    check_labels(labels)
    return labels


Labels = Annotated[dict[str, str], AfterValidator(_checked)]
IdOrName = int | str

B = TypeVar("B", bound=BaseModel)


class Answer(Response):
    """An answer with a JSON body, written compactly."""

    media_type = "application/json"

    def __init__(self, content: JSON, status: int = 200) -> None:
        super().__init__(json.dumps(content, separators=(",", ":")).encode(), status)


def created(content: JSON) -> Answer:
    """201, for things and actions."""
    return Answer(content, 201)


def no_content() -> Response:
    """204, for what was deleted at once."""
    return Response(status_code=204)


def cloud_of(request: Request) -> Cloud:
    """The cloud this app serves."""
    cloud: Cloud = request.app.state.cloud
    return cloud


def path_id(request: Request, name: str = "id") -> int:
    """A number in the path."""
    return int(request.path_params[name])


async def parse(request: Request, model: type[B]) -> B:
    """The body as a model.

    Raises:
        JsonError: it is no JSON.
        InvalidInputError: fields are missing or wrong; the details name each.
    """
    raw = await request.body()
    try:
        return model.model_validate_json(raw if raw.strip() else b"{}")
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> ApiError:
    fields: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False):
        if problem["type"] == "json_invalid":
            return JsonError("the request body is not valid JSON")
        name = ".".join(str(part) for part in problem["loc"] if not _is_noise(part)) or "body"
        fields.setdefault(name, []).append(problem["msg"])
    listed = ", ".join(f"'{name}'" for name in fields)
    return InvalidInputError(f"invalid input in fields {listed}", fields)


def _is_noise(part: int | str) -> bool:
    """Whether a part of a location names an alternative of a union, not a field."""
    return isinstance(part, str) and ("[" in part or part in {"int", "str"})
