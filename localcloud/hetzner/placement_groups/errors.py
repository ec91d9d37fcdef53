"""Errors of placement groups."""

from __future__ import annotations

from localcloud.hetzner.errors import ApiError


class AlreadyInPlacementGroupError(ApiError):
    """A server can be in one group only."""

    code = "already_in_placement_group"


class PlacementFullError(ApiError):
    """No host is left that no other server of the group is on."""

    code = "placement_error"
