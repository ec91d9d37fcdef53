"""The pinned Pulumi engine and plugins for machines that cannot download them."""

from engine.ensure import ensure
from engine.environment import environment
from engine.errors import EngineError

__all__ = ["EngineError", "ensure", "environment"]
