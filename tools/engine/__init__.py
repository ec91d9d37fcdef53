"""The pinned Pulumi engine and plugins for machines that cannot download them."""

from tools.engine.ensure import ensure
from tools.engine.environment import environment
from tools.engine.errors import EngineError

__all__ = ["EngineError", "ensure", "environment"]
