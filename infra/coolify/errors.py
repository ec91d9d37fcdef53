"""What can go wrong between the program and Coolify."""

from __future__ import annotations

from common.errors import OperatorError


class CoolifyError(OperatorError):
    """Coolify answered with an error; keeps its status and message."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        self.status = status
        super().__init__(f"Coolify refuses {method} {path}: {status} {message}")


class CoolifyNotFoundError(CoolifyError):
    """The thing asked for is not there (404)."""


class CoolifyUnreachableError(OperatorError):
    """Coolify's API gave no answer through the tunnel."""


class DeploymentFailedError(OperatorError):
    """A rollout failed; the text has the container's last lines."""
