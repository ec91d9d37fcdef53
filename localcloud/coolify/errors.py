"""Refusals of the API: one class for each status and shape Coolify answers with."""

from __future__ import annotations

from typing import Any

DOCS = "https://coolify.io/docs"


class ApiError(Exception):
    """An answer that is not a success; `body` is sent as it is."""

    status = 500

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message)
        self.body: dict[str, Any] = {"message": message, **extra}
        self.headers: dict[str, str] = {}


class BadRequestError(ApiError):
    """400: the request makes no sense in the state things are in."""

    status = 400


class InvalidRequestError(BadRequestError):
    """400 for a body that is no JSON object with something in it."""

    def __init__(self, reason: str) -> None:
        super().__init__("Invalid request.", error=reason)


class UnauthenticatedError(ApiError):
    """401: no token, or one nobody knows."""

    status = 401

    def __init__(self, message: str = "Unauthenticated.") -> None:
        super().__init__(message)


class ForbiddenError(ApiError):
    """403: known, but not allowed."""

    status = 403


class ApiClosedError(ForbiddenError):
    """403 with Coolify's odd `success: true`: the API is off or the address is not listed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.body = {"success": True, "message": message}


class NotFoundError(ApiError):
    """404: the thing is not there, or belongs to another team."""

    status = 404


class UnknownPathError(NotFoundError):
    """404 of the catch-all route: no such path, or not with this verb."""

    def __init__(self) -> None:
        super().__init__("Not found.", docs=DOCS)


class PostRequiredError(ApiError):
    """405 of the actions that were GET before 4.2.0."""

    status = 405

    def __init__(self) -> None:
        super().__init__("This endpoint has changed to a POST request.")
        self.headers = {"Allow": "POST"}


class ConflictError(ApiError):
    """409: it exists already."""

    status = 409


class ValidationFailedError(ApiError):
    """422 with the fields at fault."""

    status = 422

    def __init__(self, errors: dict[str, Any]) -> None:
        super().__init__("Validation failed.", errors=errors)


class UnprocessableError(ApiError):
    """422 with a bare message."""

    status = 422


class TooManyRequestsError(ApiError):
    """429: throttled, or the deployment queue is full."""

    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(retry_after)}
