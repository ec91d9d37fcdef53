"""The environment a Pulumi run needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tools.engine.cache import is_ours

if TYPE_CHECKING:
    from pathlib import Path


def environment(bin_dir: Path) -> dict[str, str]:
    """Variables to add to this process's for a run of ``pulumi``.

    The folder comes first on PATH: the built language host runs the ``python3`` it finds there.
    With the built engine nothing may be downloaded on the way, so a missing plugin is an error at
    once instead of a wait for a host that does not answer.
    """
    variables = {
        "PATH": os.pathsep.join([str(bin_dir.absolute()), os.environ.get("PATH", os.defpath)]),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if is_ours(bin_dir / "pulumi"):
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return variables
