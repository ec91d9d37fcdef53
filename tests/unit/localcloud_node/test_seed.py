"""What a machine finds on its disk at its first boot."""

from __future__ import annotations

import io
import tarfile

import yaml

from localcloud.hetzner.machines import MachineSpec
from localcloud.node.archives import File, pack
from localcloud.node.seed import meta_data, seed_files, vendor_data


def spec(*, password: str | None = None, user_data: str = "#cloud-config\n{}\n") -> MachineSpec:
    """A server."""
    return MachineSpec(
        id=7,
        name="web-1",
        cores=2,
        memory_gb=4,
        disk_gb=40,
        image="system:debian-12",
        user_data=user_data,
        ssh_keys=('ssh-ed25519 AAAA "quoted" comment',),
        root_password=password,
        ipv4="127.10.0.2",
        location="fsn1",
    )


def seeded(server: MachineSpec) -> dict[str, File]:
    """The files by path."""
    return {file.path: file for file in seed_files(server, "7-1", b"PEM", ("r.test",))}


def test_meta_data_is_yaml_cloud_init_can_read() -> None:
    """Quotes in a key's comment do not break it."""
    data = yaml.safe_load(meta_data(spec(), "7-1"))
    assert data == {
        "instance-id": "7-1",
        "local-hostname": "web-1",
        "public-keys": ['ssh-ed25519 AAAA "quoted" comment'],
    }


def test_a_root_password_is_set_and_opens_password_login() -> None:
    """Only a server that has one gets password login."""
    data = yaml.safe_load(vendor_data(spec(password="s3cret: yes")))
    assert data["chpasswd"] == {"expire": False, "list": "root:s3cret: yes"}
    assert data["ssh_pwauth"] is True
    assert yaml.safe_load(vendor_data(spec())) == {}


def test_secrets_are_roots_alone() -> None:
    """User data may carry the private host key: mode 600, also in the metadata folder."""
    files = seeded(spec(user_data="secret"))
    secret = [file for file in files.values() if b"secret" in file.content]
    assert len(secret) == 2
    assert all(file.mode == 0o600 for file in secret)


def test_empty_user_data_is_still_a_seed() -> None:
    """cloud-init takes a seed without user data for none at all."""
    assert seeded(spec(user_data=""))["/var/lib/cloud/seed/nocloud/user-data"].content


def test_the_authority_is_put_where_docker_and_the_system_look() -> None:
    """Both trust it, whichever rebuilds its list first."""
    files = seeded(spec())
    assert files["/etc/docker/certs.d/r.test/ca.crt"].content == b"PEM"
    assert files["/usr/local/share/ca-certificates/localcloud.crt"].content == b"PEM"


def test_packing_leaves_the_top_folders_alone() -> None:
    """Folders below the first level are made; /etc itself keeps the mode the image gave it."""
    packed = pack([File("/etc/docker/x/ca.crt", b"PEM"), File("/etc/docker/y", b"", 0o600)])
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        modes = {entry.name: entry.mode for entry in archive}
    assert modes == {
        "etc/docker": 0o755,
        "etc/docker/x": 0o755,
        "etc/docker/x/ca.crt": 0o644,
        "etc/docker/y": 0o600,
    }
