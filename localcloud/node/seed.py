"""What a machine finds on its disk at its first boot: cloud-init's seed and the metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localcloud.node.archives import File

if TYPE_CHECKING:
    from localcloud.hetzner.machines import MachineSpec

_SEED = "/var/lib/cloud/seed/nocloud"
_METADATA = "/var/lib/localcloud/metadata"
_SECRET = 0o600
_NOTHING = "#cloud-config\n{}\n"
AUTHORITY = "/usr/local/share/ca-certificates/localcloud.crt"


def seed_files(
    spec: MachineSpec, instance_id: str, authority: bytes, registries: tuple[str, ...]
) -> tuple[File, ...]:
    """The files to put on a new machine's disk; `instance_id` is cloud-init's."""
    return (
        File(f"{_SEED}/meta-data", meta_data(spec, instance_id).encode()),
        File(f"{_SEED}/user-data", (spec.user_data or _NOTHING).encode(), _SECRET),
        File(f"{_SEED}/vendor-data", vendor_data(spec).encode(), _SECRET),
        size_file(spec.cores),
        File("/etc/hostname", f"{spec.name}\n".encode()),
        File(AUTHORITY, authority),
        *(File(f"/etc/docker/certs.d/{name}/ca.crt", authority) for name in registries),
        *_metadata_files(spec),
    )


def size_file(cores: int) -> File:
    """From which the server knows how many cores it was sold with."""
    return File("/var/lib/localcloud/cores", f"{cores}\n".encode())


def meta_data(spec: MachineSpec, instance_id: str) -> str:
    """NoCloud's meta-data. JSON is YAML, and needs no quoting of its own."""
    return json.dumps(
        {
            "instance-id": instance_id,
            "local-hostname": spec.name,
            "public-keys": list(spec.ssh_keys),
        }
    )


def vendor_data(spec: MachineSpec) -> str:
    """What the cloud sets besides the user: root's password, if the server has one."""
    config: dict[str, object] = {}
    if spec.root_password:
        config["chpasswd"] = {
            "expire": False,
            "list": f"root:{spec.root_password}",
        }
        config["ssh_pwauth"] = True
    return f"#cloud-config\n{json.dumps(config)}\n"


def _metadata_files(spec: MachineSpec) -> tuple[File, ...]:
    """The paths below /hetzner/v1/, a slash written as an underscore."""
    values = {
        "metadata_hostname": spec.name,
        "metadata_instance-id": str(spec.id),
        "metadata_region": spec.location,
        "metadata_public-ipv4": spec.ipv4 or "",
        "metadata_public-keys": json.dumps(list(spec.ssh_keys)),
        "userdata": spec.user_data,
    }
    return tuple(
        File(f"{_METADATA}/{name}", value.encode(), _SECRET) for name, value in values.items()
    )
