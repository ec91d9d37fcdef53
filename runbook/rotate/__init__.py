"""A secret changed, from a new value to the proof that the old one no longer works.

Each module is one secret: a sequence of named steps, each of which looks at what is true before it
does anything. What was old and what is new stands in the stack's config meanwhile, encrypted, under
`nutri:rotating`; so the same command goes on after whatever stopped it, on any machine.
"""

from runbook.rotate.journal import Journal, Pair
from runbook.rotate.rotation import Done, Rotation, RotationError, Step, StepFailedError, rotate
from runbook.rotate.scene import Scene
from runbook.rotate.values import given, made

__all__ = [
    "Done",
    "Journal",
    "Pair",
    "Rotation",
    "RotationError",
    "Scene",
    "Step",
    "StepFailedError",
    "given",
    "made",
    "rotate",
]
