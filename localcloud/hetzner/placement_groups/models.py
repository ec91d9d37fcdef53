"""Placement groups and their rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import NotFoundError, ResourceInUseError, UniquenessError
from localcloud.hetzner.placement_groups.errors import PlacementFullError

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud

MAX_SERVERS = 10


@dataclass(frozen=True)
class PlacementGroup:
    """A group whose servers run on different hosts; the servers know their group."""

    id: int
    name: str
    created: str
    labels: dict[str, str] = field(default_factory=dict)
    type: str = "spread"


class PlacementGroups:
    """All placement groups."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("placement_group", PlacementGroup)

    def all(self) -> list[PlacementGroup]:
        """Every group."""
        return list(self._table)

    def get(self, number: int) -> PlacementGroup:
        """The group; raises NotFoundError."""
        group = self._table.get(number)
        if group is None:
            raise NotFoundError.thing("placement group", number)
        return group

    def members(self, group: PlacementGroup) -> list[int]:
        """Ids of the servers in the group."""
        servers = self._cloud.servers.all()
        return [server.id for server in servers if server.placement_group == group.id]

    def check_room(self, group: PlacementGroup) -> None:
        """Raise PlacementFullError where one more server would not fit."""
        if len(self.members(group)) >= MAX_SERVERS:
            raise PlacementFullError(f"a placement group takes at most {MAX_SERVERS} servers")

    def create(self, name: str, labels: dict[str, str]) -> PlacementGroup:
        """Add a group; the name has to be new."""
        group = PlacementGroup(self._cloud.state.next_id(), name, self._cloud.clock.stamp(), labels)
        self._check_name(group)
        return self._table.put(group)

    def update(
        self, group: PlacementGroup, name: str | None, labels: dict[str, str] | None
    ) -> PlacementGroup:
        """Change what is not None."""
        changed = replace(
            group,
            name=group.name if name is None else name,
            labels=group.labels if labels is None else labels,
        )
        self._check_name(changed)
        return self._table.put(changed)

    def delete(self, group: PlacementGroup) -> None:
        """Forget an empty group."""
        if self.members(group):
            raise ResourceInUseError("placement group still has servers")
        self._table.drop(group.id)

    def _check_name(self, group: PlacementGroup) -> None:
        if any(other.name == group.name and other.id != group.id for other in self._table):
            raise UniquenessError("placement group name is already used", "name")
