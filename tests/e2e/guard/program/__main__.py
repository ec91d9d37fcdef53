"""Makes the resources that `resources.json` lists, under the project's own guard."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pulumi
import pulumi_hcloud as hcloud

from common.changes import Acknowledgements
from common.window import Window
from infra.guard import transform
from infra.servers.keys import RandomSecret
from infra.servers.resize import Resizes

_config = pulumi.Config("nutri")
_hcloud = pulumi.Config("hcloud")
transform.install_with(
    Acknowledgements(
        tuple(_config.get_object("acknowledge") or ()),
        protect=_config.get_bool("protect") is True,
        window=Window.model_validate(_config.require_object("maintenanceWindow")),
    ),
    Resizes(_hcloud.require("endpoint"), os.environ["HCLOUD_TOKEN"]),
)
_made: dict[str, Any] = {}


def _value(written: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a written value; `{"id of": name}` is of a resource made before, as its address is."""
    if isinstance(written, list):
        return [_value(one) for one in written]
    if not isinstance(written, dict):
        return written
    if "id of" in written:
        return _made[written["id of"]].id.apply(
            lambda made: int(made) if made.isdecimal() else made
        )
    if "address of" in written:
        return _made[written["address of"]].ip_address
    return {key: _value(one) for key, one in written.items()}


for _written in json.loads(Path("resources.json").read_text(encoding="utf-8")):
    _name, _opts = _written["name"], pulumi.ResourceOptions(**_written.get("opts", {}))
    if _written["type"] == "RandomSecret":
        _made[_name] = RandomSecret(_name, opts=_opts, **_written["args"])
    else:
        _make = getattr(hcloud, _written["type"])
        _made[_name] = _make(_name, opts=_opts, **_value(_written["args"]))
