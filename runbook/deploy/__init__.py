"""M2: a deploy that is watched from before it begins until after it has ended."""

from runbook.deploy.rollout import Outcome, Rollout, roll_out
from runbook.deploy.tag import require_tag

__all__ = ["Outcome", "Rollout", "require_tag", "roll_out"]
