"""Volumes of a replica: told to Coolify, and made so that the image's user can write in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clients.ssh import SshClient
from common.target import SshTarget
from infra.remote import program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clients.coolify.client import Client

_SECONDS = 600.0
"""The image may have to be pulled for it."""


def names(props: Mapping[str, Any]) -> dict[str, str]:
    """Return the folder of each volume, by the volume's short name."""
    return dict(props.get("volumes") or {})


def configure(client: Client, uuid: str, props: Mapping[str, Any], olds: Mapping[str, Any]) -> None:
    """Make Coolify's volumes those wanted; what we never asked for stays."""
    wanted, before = names(props), names(olds)
    if not wanted and not before:
        return
    path = f"/applications/{uuid}/storages"
    there = {one["name"]: one for one in client.get(path)["persistent_storages"]}
    for name, folder in wanted.items():
        one = there.get(f"{uuid}-{name}")
        body = {"type": "persistent", "mount_path": folder}
        if one is None:
            client.post(path, {**body, "name": name})
        elif one["mount_path"] != folder:
            client.patch(path, {**body, "uuid": one["uuid"]})
    for name in before.keys() - wanted.keys():
        if one := there.get(f"{uuid}-{name}"):
            client.delete(f"{path}/{one['uuid']}")


def prepare(uuid: str, props: Mapping[str, Any]) -> None:
    """Make the volumes on the replica's server, owned by the image's user.

    Raises:
        SshError: the server cannot be reached, or that user cannot write in one.
    """
    if not names(props):
        return
    image = f"{props['image']}:{props['tag']}"
    with SshClient(SshTarget.of(props["ssh"])) as ssh:
        for name, folder in names(props).items():
            values = {"IMAGE": image, "VOLUME": f"{uuid}-{name}", "FOLDER": folder}
            script = program("prepare-volume.sh", values)
            ssh.run(["bash", "-s"], stdin=script, timeout=_SECONDS)
