"""From a request to typed values, and from values to an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import JSONResponse

from localcloud.supabase.errors import SupabaseError

if TYPE_CHECKING:
    from starlette.requests import Request

    from localcloud.supabase.projects import Project, Projects

B = TypeVar("B", bound=BaseModel)


class Body(BaseModel):
    """A request body; properties it does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def answer(content: Any, status: int = 200) -> JSONResponse:  # noqa: ANN401 - whatever JSON it is
    """An answer with a JSON body."""
    return JSONResponse(content, status)


def projects_of(request: Request) -> Projects:
    """The account this app serves."""
    projects: Projects = request.app.state.supabase
    return projects


def project_of(request: Request) -> Project:
    """The project in the path; raises NotFoundError."""
    return projects_of(request).get(str(request.path_params["ref"]))


async def parse(request: Request, model: type[B]) -> B:
    """The body as a model; raises SupabaseError that names each field."""
    raw = await request.body()
    try:
        return model.model_validate_json(raw if raw.strip() else b"{}")
    except ValidationError as error:
        told = (
            f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise SupabaseError("; ".join(told)) from None
