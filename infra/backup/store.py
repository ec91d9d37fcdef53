"""Where dumps go: a Storage Box of the stack, one that is there already, or a bucket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
import pulumi_hcloud as hcloud

from config.dumps import SFTP, STORAGE_BOX
from infra.servers.keys import KeyPair, RandomSecret

if TYPE_CHECKING:
    from pydantic import SecretStr

    from config.settings import Settings

PORT = 23
_FOLDER = "nutri"
_TYPE = "bx11"  # 1 TB, the smallest


@dataclass(frozen=True)
class Store:
    """A repository as restic reaches it."""

    repository: pulumi.Input[str]
    port: int = PORT
    identity: pulumi.Input[str] = ""
    """Private key of the SFTP login."""
    known_hosts: pulumi.Input[str] = ""
    environment: dict[str, pulumi.Input[str]] = field(default_factory=dict)


def store(name: str, settings: Settings, parent: pulumi.Resource) -> Store:
    """Return the repository the settings ask for; makes a Storage Box where they say so."""
    if settings.dump_repository == STORAGE_BOX:
        return _storage_box(name, settings, parent)
    found = SFTP.fullmatch(settings.dump_repository)
    if found:
        port = int(found["port"] or PORT)
        host = found["login"].split("@")[1]
        return Store(
            f"sftp:{found['login']}:{found['folder']}",
            port,
            _key(settings.dump_ssh_key),
            _known(host, port, settings.dump_host_key),
        )
    keys = {
        "AWS_ACCESS_KEY_ID": _secret(settings.dump_key_id),
        "AWS_SECRET_ACCESS_KEY": _secret(settings.dump_key_secret),
    }
    return Store(settings.dump_repository, environment=dict(keys))


def _storage_box(name: str, settings: Settings, parent: pulumi.Resource) -> Store:
    child = pulumi.ResourceOptions(parent=parent)
    key = KeyPair("dump-key", child)
    password = RandomSecret("dump-password", "password", 32, child)
    box = hcloud.StorageBox(
        "dump-box",
        name=name,
        storage_box_type=_TYPE,
        location=settings.dump_location,
        password=password.value,
        ssh_keys=[key.public_key],
        access_settings=hcloud.StorageBoxAccessSettingsArgs(
            reachable_externally=True, ssh_enabled=True
        ),
        delete_protection=settings.protect,
        labels={"app": "nutri", "stack": pulumi.get_stack()},
        opts=pulumi.ResourceOptions.merge(
            child,
            # Another key or place would replace the box, and with it every dump.
            pulumi.ResourceOptions(
                protect=settings.protect, ignore_changes=["sshKeys", "location"]
            ),
        ),
    )
    known = box.server.apply(lambda host: _known(host, PORT, settings.dump_host_key))
    login = pulumi.Output.concat(box.username, "@", box.server)
    return Store(pulumi.Output.concat("sftp:", login, ":", _FOLDER), PORT, key.private_key, known)


def _known(host: str, port: int, key: str) -> str:
    return f"[{host}]:{port} {key}"


def _key(value: SecretStr | None) -> pulumi.Output[str]:
    """A private key as OpenSSH wants it: `pulumi config set` takes the last line's end off."""
    text = value.get_secret_value().strip() if value else ""
    return pulumi.Output.secret(f"{text}\n" if text else "")


def _secret(value: SecretStr | None) -> pulumi.Output[str]:
    return pulumi.Output.secret(value.get_secret_value() if value else "")
