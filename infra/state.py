"""What the engine's state holds before this run: asked of the engine itself."""

from __future__ import annotations

import json
import subprocess
from functools import cache

import pulumi

_TIMEOUT_SECONDS = 60
# A lost server goes from the state when that is refreshed; what was done on it stays.
_OF_A_SERVER = ("hcloud:index/server:Server::", "::wait-for-boot")


def has_served() -> bool:
    """Whether the stack has, or had, a server when it was first asked."""
    return any(mark in urn for urn in known_urns() for mark in _OF_A_SERVER)


@cache
def known_urns() -> frozenset[str]:
    """Return the URNs the stack had when it was first asked; none where it cannot be told.

    A hook that runs before a creation is not told whether something is being replaced, and the
    state is the only one to know. It can be read while an update holds its lock.
    """
    names = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())
    words = ["pulumi", "stack", "export", "--stack", "/".join(names), "--non-interactive"]
    try:
        done = subprocess.run(
            words, capture_output=True, check=True, timeout=_TIMEOUT_SECONDS, text=True
        )
        resources = json.loads(done.stdout)["deployment"].get("resources") or []
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        # Nothing can be lost by this: the hook before the deletion refuses all the same.
        pulumi.log.warn(f"the stack's state cannot be read ({error}); a replacement shows late")
        return frozenset()
    # Half of a replacement that was interrupted: it is gone, or on its way, since then.
    return frozenset(
        one["urn"] for one in resources if not (one.get("delete") or one.get("pendingReplacement"))
    )
