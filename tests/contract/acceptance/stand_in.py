"""Stands in for `pulumi` and `runbook`: makes at the API what they would make, and nothing else.

Run as `python stand_in.py pulumi|runbook WORDS...`. Told to by STAND_IN_HANG it stops in the
middle of a command, as one does that is killed; by STAND_IN_LEAVE it makes what has no label.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import yaml

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIICf9svRenC/PLKIL9nk6K/pxQgoiFC41wTNvoIncOxs run"
_HANG_SECONDS = 60


def _file() -> Path:
    return Path(f"Pulumi.{os.environ['PULUMI_STACK']}.yaml")


def _config() -> dict[str, Any]:
    return dict(yaml.safe_load(_file().read_text())["config"])


def _set(key: str, value: str) -> None:
    config = _config() if _file().exists() else {}
    _file().write_text(yaml.safe_dump({"config": {**config, key: value}}))


class Api:
    """Hetzner's API, by the way that the stack's config names."""

    def __init__(self) -> None:
        config = _config()
        self.labels = config["nutri:labels"]
        self.name = os.environ["PULUMI_STACK"]
        headers = {"Authorization": f"Bearer {config['hcloud:token']}"}
        self._client = httpx.Client(base_url=config["hcloud:endpoint"], headers=headers)

    def make(self, noun: str, *, labelled: bool = True, **body: object) -> dict[str, Any]:
        """Make one thing, with the run's label."""
        labels = {"labels": self.labels} if labelled else {}
        answer = self._client.post(f"/{noun}", json={**body, **labels})
        assert answer.is_success, answer.text
        return dict(answer.json())

    def get(self, path: str) -> dict[str, Any]:
        """Ask."""
        return dict(self._client.get(path).raise_for_status().json())


def _up(api: Api) -> None:
    if api.get("/servers")["servers"]:
        return
    api.make("ssh_keys", name=api.name, public_key=_KEY)
    _maybe_hang("up-half")
    api.make("firewalls", name=api.name, rules=[])
    api.make("networks", name=api.name, ip_range="10.7.0.0/16")
    api.make("placement_groups", name=api.name, type="spread")
    api.make("floating_ips", type="ipv4", home_location="fsn1", name=api.name)
    api.make("volumes", name=api.name, size=10, location="fsn1")
    api.make("load_balancers", name=api.name, load_balancer_type="lb11", location="fsn1")
    zone = api.make("zones", name="acceptance.test", mode="primary")["zone"]
    api.make(f"zones/{zone['id']}/rrsets", name="api", type="A", records=[{"value": "10.7.0.1"}])
    api.make(
        "primary_ips",
        name=api.name,
        type="ipv4",
        assignee_type="server",
        location="fsn1",
        auto_delete=False,
    )
    api.make(
        "storage_boxes",
        name=api.name,
        storage_box_type="bx11",
        location="hel1",
        password="Stand-in-password-1",
        ssh_keys=[],
        access_settings={"ssh_enabled": True},
    )
    api.make(
        "servers",
        name=api.name,
        server_type="cx33",
        image="debian-12",
        location="fsn1",
        start_after_create=False,
    )


def _snapshot(api: Api) -> None:
    (server,) = api.get("/servers")["servers"]
    api.make(f"servers/{server['id']}/actions/create_image", type="snapshot", description="one")


def _maybe_hang(word: str) -> None:
    if os.environ.get("STAND_IN_HANG") != word:
        return
    Path(os.environ["STAND_IN_REACHED"]).touch()
    parent, until = os.getppid(), time.monotonic() + _HANG_SECONDS
    while os.getppid() == parent and time.monotonic() < until:
        time.sleep(0.02)
    try:
        Api().make("networks", name="late", ip_range="10.8.0.0/16")
    except httpx.HTTPError:
        sys.exit(3)


_SERVER = {"serverType": "cx33", "location": "fsn1", "backups": False}
_STEPS = [
    {"op": "create", "newState": {"urn": "urn:x::server", "type": kind, "inputs": inputs}}
    for kind, inputs in (("hcloud:index/server:Server", _SERVER), ("nutri:Platform", {}))
]


def _pulumi(words: list[str]) -> None:
    if words[:2] == ["stack", "init"]:
        _set("nutri:made", words[2])
    elif words[:2] == ["config", "set"]:
        _set(words[-1], sys.stdin.read())
    elif words[0] == "preview":
        sys.stdout.write(json.dumps({"steps": _STEPS}))
    elif words[0] == "up":
        _up(Api())
        if os.environ.get("STAND_IN_LEAVE"):
            Api().make("volumes", labelled=False, name="left", size=10, location="fsn1")


def main(program: str, *words: str) -> None:
    """Do what the command does to the cloud."""
    if program == "pulumi":
        _pulumi(list(words))
    elif words[:2] == ("snapshot", "create"):
        _snapshot(Api())
    elif os.environ.get("STAND_IN_FAIL") == words[0]:
        sys.exit(f"{words[0]} failed")
    _maybe_hang(words[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
