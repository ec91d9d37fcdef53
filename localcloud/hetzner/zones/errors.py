"""Errors of zones."""

from __future__ import annotations

from localcloud.hetzner.errors import ApiError


class IncorrectZoneModeError(ApiError):
    """A secondary zone has its records elsewhere."""

    code = "incorrect_zone_mode"
