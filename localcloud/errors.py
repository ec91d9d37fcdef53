"""Errors a user of the local cloud can act on."""

from __future__ import annotations


class LocalCloudError(Exception):
    """Something outside the code is wrong; the text says what, where and what would be right."""


class SettingsError(LocalCloudError):
    """A setting has a value the local cloud cannot work with."""
