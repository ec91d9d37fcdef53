"""Errors as the API answers them: one class a code that any noun may need.

Codes that belong to one noun are in that noun's own `errors` module.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ApiError(Exception):
    """Becomes the envelope `{"error": {"code", "message", "details"}}`."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "service_error"

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def envelope(self) -> dict[str, Any]:
        """Body of the answer. Clients crash without the key `details`, so it is always there."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details}}


class JsonError(ApiError):
    """The body is no JSON."""

    status = 400
    code = "json_error"


class UnauthorizedError(ApiError):
    """No token, or one nobody knows."""

    status = 401
    code = "unauthorized"


class ForbiddenError(ApiError):
    """The token may only read."""

    status = 403
    code = "forbidden"


class NotFoundError(ApiError):
    """There is no such path, or no such thing."""

    status = 404
    code = "not_found"

    @classmethod
    def thing(cls, noun: str, key: object) -> NotFoundError:
        """The error for a thing that is looked up by its id or name."""
        return cls(f"{noun} with ID '{key}' not found")


class MethodNotAllowedError(ApiError):
    """The path is there, the method is not."""

    status = 405
    code = "method_not_allowed"


class ConflictError(ApiError):
    """The thing changes right now."""

    status = 409
    code = "conflict"


class UniquenessError(ApiError):
    """Another thing has this value already."""

    status = 409
    code = "uniqueness_error"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, {"fields": [{"name": field}]})


class DeprecatedEndpointError(ApiError):
    """The endpoint, or this use of it, was taken away."""

    status = 410
    code = "deprecated_api_endpoint"

    def __init__(self, message: str, announcement: str) -> None:
        super().__init__(message, {"announcement": announcement})


class ResourceUnavailableError(ApiError):
    """Sold out."""

    status = 412
    code = "resource_unavailable"


class InvalidInputError(ApiError):
    """A field has a value the API does not take."""

    status = 422
    code = "invalid_input"

    def __init__(self, message: str, fields: dict[str, list[str]] | None = None) -> None:
        listed = [{"name": name, "messages": texts} for name, texts in (fields or {}).items()]
        super().__init__(message, {"fields": listed})

    @classmethod
    def field(cls, name: str, text: str) -> InvalidInputError:
        """The error for one field."""
        return cls(f"invalid input in field '{name}': {text}", {name: [text]})


class UnsupportedError(ApiError):
    """The thing cannot do that."""

    status = 422
    code = "unsupported_error"


class ResourceInUseError(ApiError):
    """Others still need the thing."""

    status = 422
    code = "resource_in_use"


class ServerNotStoppedError(ApiError):
    """Only a server that is off can do that."""

    status = 422
    code = "server_not_stopped"


class LockedError(ApiError):
    """An action of the thing still runs."""

    status = 423
    code = "locked"


class ProtectedError(ApiError):
    """The thing is protected against this."""

    status = 423
    code = "protected"


class RateLimitExceededError(ApiError):
    """Too many requests in the hour."""

    status = 429
    code = "rate_limit_exceeded"


class ServerError(ApiError):
    """The double itself is broken."""

    status = 500
    code = "server_error"
