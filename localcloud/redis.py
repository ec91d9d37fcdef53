"""The Redis that the app may use: what is known of it, and its knobs under /_localcloud/redis.

All of it is public.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Protocol

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.errors import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from localcloud.settings import Instance

HOST = "redis.localcloud.test"
PORT = 6379
PASSWORD = "localcloud-redis"  # noqa: S105 - the double's own, shown in its docs
URL = f"rediss://default:{PASSWORD}@{HOST}:{PORT}"


class Trouble(enum.StrEnum):
    """What may be wrong with it: nobody listens, the password is refused, nobody answers."""

    NONE = "none"
    DOWN = "down"
    PASSWORD = "password"  # noqa: S105 - a kind of trouble
    FROZEN = "frozen"


class Store(Protocol):
    """The Redis itself."""

    @property
    def trouble(self) -> Trouble:
        """What is wrong with it; raises LocalCloudError."""

    def set_trouble(self, trouble: Trouble) -> None:
        """Have something be wrong with it from now on, or nothing; raises LocalCloudError."""


class TroubleBody(BaseModel):
    """PATCH /."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trouble: Trouble


def address(instance: Instance) -> str:
    """Where it answers on this machine: the last of the block, after the databases."""
    return f"127.{instance.block}.255.255"


def routes(store: Callable[[], Store]) -> Sequence[Route]:
    """GET / and PATCH /: `trouble`."""

    async def turn(request: Request) -> Response:
        try:
            if request.method == "PATCH":
                wanted = TroubleBody.model_validate_json(await request.body()).trouble
                await to_thread.run_sync(lambda: store().set_trouble(wanted))
            found = await to_thread.run_sync(lambda: store().trouble)
        except (LocalCloudError, ValidationError) as error:
            status = 422 if isinstance(error, ValidationError) else 500
            return JSONResponse({"error": {"message": str(error)}}, status)
        return JSONResponse({"trouble": found})

    return [Route("/", turn, methods=["GET", "PATCH"])]
