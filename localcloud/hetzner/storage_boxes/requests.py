"""What the API is asked about Storage Boxes."""

from __future__ import annotations

from pydantic import Field

from localcloud.hetzner.http import Body, IdOrName, Labels
from localcloud.hetzner.storage_boxes.models import AccessSettings, SnapshotPlan


class Access(Body):
    """Settings of a new box, or those to change; what is None stays."""

    reachable_externally: bool | None = None
    samba_enabled: bool | None = None
    ssh_enabled: bool | None = None
    webdav_enabled: bool | None = None
    zfs_enabled: bool | None = None

    def over(self, before: AccessSettings) -> AccessSettings:
        """The settings with these changes."""
        changes = self.model_dump(exclude_none=True)
        return AccessSettings(**{**vars(before), **changes})


class Create(Body):
    """POST /storage_boxes."""

    name: str = Field(min_length=1, max_length=64)
    storage_box_type: IdOrName
    location: IdOrName
    password: str
    ssh_keys: tuple[str, ...] = Field(default=(), strict=False)
    access_settings: Access = Access()
    labels: Labels = Field(default_factory=dict)


class Update(Body):
    """PUT /storage_boxes/{id}."""

    name: str | None = Field(None, min_length=1, max_length=64)
    labels: Labels | None = None


class Protection(Body):
    """POST .../actions/change_protection."""

    delete: bool | None = None


class ChangeType(Body):
    """POST .../actions/change_type."""

    storage_box_type: IdOrName


class Password(Body):
    """POST .../actions/reset_password."""

    password: str


class Plan(Body):
    """POST .../actions/enable_snapshot_plan."""

    max_snapshots: int = Field(ge=1)
    minute: int = Field(ge=0, le=59)
    hour: int = Field(ge=0, le=23)
    day_of_week: int | None = Field(None, ge=1, le=7)
    day_of_month: int | None = Field(None, ge=1, le=31)

    def plan(self) -> SnapshotPlan:
        """As it is kept."""
        return SnapshotPlan(**self.model_dump())
