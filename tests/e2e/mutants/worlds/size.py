"""Worlds in which a resize did not come through."""

from __future__ import annotations

from tests.e2e.mutants.mutant import Broken, mutant
from tests.e2e.mutants.scene import SERVER, Scene

_CORES = "/run/localcloud/online"


@mutant("size", SERVER, says="1 cores instead of 4", remedy="runbook server revive --force")
def cores_are_missing(scene: Scene) -> Broken:
    """The server came back with fewer cores than its type has."""
    scene.run(f"cp {_CORES} /root/cores; echo 0 > {_CORES}")
    yield None
    scene.run(f"cat /root/cores > {_CORES}")
