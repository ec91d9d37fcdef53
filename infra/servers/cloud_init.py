"""The first boot of a server, as cloud-init's user data."""

from __future__ import annotations

import yaml


def user_data(host_private_key: str, host_public_key: str) -> str:
    """Return the cloud-config that gives the server its known host key, and no password.

    Everything else is done over SSH afterwards, by steps that can be run again: user data runs
    once, and changing it would mean a new server.
    """
    config = {
        "ssh_pwauth": False,
        "disable_root": False,
        "ssh_deletekeys": True,
        "ssh_genkeytypes": [],
        "ssh_keys": {"ed25519_private": host_private_key, "ed25519_public": host_public_key},
    }
    return "#cloud-config\n" + yaml.safe_dump(config, sort_keys=True)
