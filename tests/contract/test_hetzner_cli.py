"""The vendor's own command line, as Debian ships it, against the double."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import PUBLIC_KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.contract.hetzner_double import HetznerDouble

    Hcloud = Callable[..., str]


@pytest.fixture(scope="session")
def hcloud_program() -> str:
    """The program `hcloud`; installed from Debian's package where it is missing."""
    if shutil.which("hcloud") is None and os.geteuid() == 0:
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "hcloud-cli"]):
            subprocess.run(command, check=True, capture_output=True, env=quiet, timeout=100)
    program = shutil.which("hcloud")
    assert program, "install hcloud-cli (Debian: apt-get install hcloud-cli)"
    return program


@pytest.fixture
def hcloud(hetzner: HetznerDouble, hcloud_program: str, tmp_path: Path) -> Hcloud:
    """Runs the program against the double and returns what it prints."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [hcloud_program, *arguments],
            env={
                "HCLOUD_ENDPOINT": hetzner.endpoint,
                "HCLOUD_TOKEN": DEMO_TOKEN,
                "HOME": str(tmp_path),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        return done.stdout

    return run


def _json(hcloud: Hcloud, *arguments: str) -> Any:  # noqa: ANN401 whatever it prints
    return json.loads(hcloud(*arguments, "-o", "json"))


def test_server_life(hetzner: HetznerDouble, hcloud: Hcloud, tmp_path: Path) -> None:
    """Key, firewall, server, power, resize, backup, protection, snapshot, delete."""
    key = tmp_path / "key.pub"
    key.write_text(PUBLIC_KEY)
    hcloud("ssh-key", "create", "--name", "k", "--public-key-from-file", str(key))
    rules = tmp_path / "rules.json"
    rule = {"direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["0.0.0.0/0"]}
    rules.write_text(json.dumps([rule]))
    hcloud("firewall", "create", "--name", "f", "--rules-file", str(rules))
    kind = ("--type", "cx33", "--image", "debian-12", "--location", "fsn1")
    hcloud("server", "create", "--name", "web", *kind, "--ssh-key", "k", "--firewall", "f")
    server = _json(hcloud, "server", "describe", "web")
    assert (server["status"], server["server_type"]["name"]) == ("running", "cx33")
    hcloud("server", "poweroff", "web")
    hcloud("server", "change-type", "web", "cx43", "--keep-disk")
    hcloud("server", "enable-backup", "web")
    hcloud("server", "create-image", "--type", "snapshot", "--description", "s", "web")
    hcloud("server", "enable-protection", "web", "delete", "rebuild")
    with pytest.raises(AssertionError, match="protected"):
        hcloud("server", "delete", "web")
    hcloud("server", "disable-protection", "web", "delete", "rebuild")
    hcloud("server", "delete", "web")
    assert not _json(hcloud, "server", "list")
    assert [one["type"] for one in _json(hcloud, "image", "list", "-t", "snapshot")] == ["snapshot"]
    assert len(hetzner.machines.named("resize")) == 1


def test_addresses_and_catalogue(hetzner: HetznerDouble, hcloud: Hcloud) -> None:
    """Addresses, server types and locations are listed as the program expects them."""
    # Debian's program is older than the field `location` of a new address.
    hetzner.post("/primary_ips", {"name": "a", "type": "ipv4", "location": "fsn1"})
    hcloud("primary-ip", "enable-protection", "a")
    (address,) = _json(hcloud, "primary-ip", "list")
    assert (address["name"], address["protection"]["delete"]) == ("a", True)
    assert "cx33" in {one["name"] for one in _json(hcloud, "server-type", "list")}
    assert {one["name"] for one in _json(hcloud, "location", "list")} >= {"fsn1", "nbg1", "hel1"}
    assert "cx33" in hcloud("server-type", "describe", "cx33")
