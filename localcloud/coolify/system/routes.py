"""GET /version, POST /enable and /disable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.coolify.call import Endpoint
from localcloud.coolify.errors import ForbiddenError

if TYPE_CHECKING:
    from localcloud.coolify.call import Call

_ROOT_TEAM = "0"


def version(call: Call) -> str:
    """The version as plain text, without a `v`."""
    return call.coolify.settings.version


def enable(call: Call) -> dict[str, str]:
    """Open the API."""
    return _switch(call, "is_api_enabled", on=True, name="API")


def disable(call: Call) -> dict[str, str]:
    """Close the API."""
    return _switch(call, "is_api_enabled", on=False, name="API")


def enable_mcp(call: Call) -> dict[str, str]:
    """Open the MCP server."""
    return _switch(call, "is_mcp_server_enabled", on=True, name="MCP server")


def disable_mcp(call: Call) -> dict[str, str]:
    """Close the MCP server."""
    return _switch(call, "is_mcp_server_enabled", on=False, name="MCP server")


def _switch(call: Call, column: str, *, on: bool, name: str) -> dict[str, str]:
    word = "enable" if on else "disable"
    if call.token.team != _ROOT_TEAM:
        raise ForbiddenError(f"You are not allowed to {word} the {name}.")
    call.coolify.db.update("instance_settings", 0, {column: on})
    return {"message": f"{name} {word}d."}


ENDPOINTS = (
    Endpoint("GET", "/version", "read", version),
    Endpoint("POST", "/enable", "write", enable, while_disabled=True),
    Endpoint("POST", "/disable", "write", disable, while_disabled=True),
    Endpoint("POST", "/mcp/enable", "write", enable_mcp, while_disabled=True),
    Endpoint("POST", "/mcp/disable", "write", disable_mcp, while_disabled=True),
)
