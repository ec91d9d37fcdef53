"""What the API tells, as far as the runbook needs it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations

from pydantic import BaseModel, ConfigDict, Field

BACKUP, SNAPSHOT = "backup", "snapshot"


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Reference(_Fact):
    """Another thing, by id."""

    id: int
    name: str | None = None


class Protection(_Fact):
    """What the API refuses to do."""

    delete: bool
    rebuild: bool = False


class Server(_Fact):
    """One server; `image` is None when the one it was made from is gone."""

    id: int
    name: str
    status: str
    locked: bool
    created: datetime
    protection: Protection
    backup_window: str | None
    image: Reference | None
    primary_disk_size: int


class Image(_Fact):
    """A snapshot or a backup; `image_size` is in GB, None while it is being made."""

    id: int
    type: str
    status: str
    description: str
    created: datetime
    created_from: Reference | None
    bound_to: int | None
    image_size: float | None
    disk_size: float
    labels: dict[str, str] = Field(default_factory=dict)

    def is_of(self, server: int) -> bool:
        """Whether it was taken of a server."""
        return server in {self.bound_to, self.created_from.id if self.created_from else None}

    @property
    def is_usable(self) -> bool:
        """Whether a server can be made of it."""
        return self.status == "available"


class ActionError(_Fact):
    """Why an action failed."""

    code: str
    message: str


class Action(_Fact):
    """One piece of work of the API; `status` is running, success or error."""

    id: int
    command: str
    status: str
    progress: int = 0
    error: ActionError | None = None
