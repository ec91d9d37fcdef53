"""The error this package raises."""

from __future__ import annotations


class EngineError(Exception):
    """The engine cannot be made ready; the text says why and what to do about it."""
