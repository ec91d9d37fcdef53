"""What can go wrong between us and Coolify."""

from __future__ import annotations

from common.errors import OperatorError


class CoolifyError(OperatorError):
    """Coolify answered with an error; keeps its status and message."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        self.status = status
        super().__init__(f"Coolify refuses {method} {path}: {status} {message}")


class CoolifyNotFoundError(CoolifyError):
    """The thing asked for is not there (404)."""


class CoolifyDeniedError(CoolifyError):
    """The token is not known, or may not do this, or the API is off (401, 403)."""


class CoolifyUnreachableError(OperatorError):
    """Coolify's API gave no answer through the tunnel."""


class DeploymentFailedError(OperatorError):
    """A rollout failed; the text has the reason Coolify gives, or the container's last lines."""
