"""The state of a stack as programs kept it that named each provider by the path of its class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

RECORDED: list[dict[str, str]] = json.loads(
    (Path(__file__).parents[1] / "recorded/state-by-path.json").read_text()
)["resources"]
_KEY = "__provider"


def _name(urn: str) -> str:
    """What identifies a resource besides its stack: its types and its name."""
    return urn.split("::", 2)[2]


def put_back(stack: Stack) -> set[str]:
    """Put what was kept of each provider into the stack's state; returns their types."""
    done = stack.pulumi("stack", "export")
    assert done.returncode == 0, stack.last
    state = json.loads(done.stdout)
    kept = {_name(one["urn"]): one[_KEY] for one in RECORDED if _KEY in one}
    there = {_name(one["urn"]): one for one in state["deployment"]["resources"]}
    for name in kept.keys() & there.keys():
        _keep(there[name], kept[name])
    file = stack.folder / "former.json"
    file.write_text(json.dumps(state))
    done = stack.pulumi("stack", "import", "--file", str(file))
    assert done.returncode == 0, stack.last
    return {there[name]["type"] for name in kept.keys() & there.keys()}


def _keep(resource: dict[str, Any], provider: str) -> None:
    for side in ("inputs", "outputs"):
        assert resource[side][_KEY]
        resource[side][_KEY] = provider


def kept_by_path(stack: Stack) -> list[str]:
    """The resources whose provider is still kept by the path of its class."""
    done = stack.pulumi("stack", "export")
    assert done.returncode == 0, stack.last
    old = {one[_KEY] for one in RECORDED if _KEY in one}
    resources = json.loads(done.stdout)["deployment"]["resources"]
    return [one["urn"] for one in resources if one.get("outputs", {}).get(_KEY) in old]
