"""Errors of servers."""

from __future__ import annotations

from localcloud.hetzner.errors import ApiError


class InvalidServerTypeError(ApiError):
    """The server cannot become one of that type."""

    code = "invalid_server_type"
