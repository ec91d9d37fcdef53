"""Dumps of the database: where to, how often, how many stay, and whether to start from one."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from config.base import Frozen

STORAGE_BOX = "storage-box"
# Hetzner's Storage Boxes all show this host key on port 23.
HETZNER_HOST_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIICf9svRenC/PLKIL9nk6K/pxQgoiFC41wTNvoIncOxs"
)
SECRETS = frozenset({"restic_password", "dump_ssh_key", "dump_key_id", "dump_key_secret"})
OBJECTS = frozenset({"dump_keep"})

SFTP = re.compile(r"sftp://(?P<login>[^\s/:@]+@[^\s/:@]+)(:(?P<port>\d+))?/(?P<folder>[^\s:]+)")
_S3 = re.compile(r"s3:https?://[^\s/]+/\S+")
_HOST_KEY = re.compile(r"(ssh|ecdsa)-\S+ [A-Za-z0-9+/=]+")
_SCHEDULE = re.compile(r"[A-Za-z0-9*,./:~ -]+")


def _repository(text: str) -> str:
    if text != STORAGE_BOX and not SFTP.fullmatch(text) and not _S3.fullmatch(text):
        raise ValueError(
            f"{text!r} is none of: {STORAGE_BOX} (the stack makes one), sftp://user@host:23/folder"
            " (one that is there), s3:https://host/bucket"
        )
    return text


def _schedule(text: str) -> str:
    if not _SCHEDULE.fullmatch(text):
        raise ValueError(f"{text!r} is no time systemd knows, such as '*-*-* 01:15:00 UTC'")
    return text


def _host_key(text: str) -> str:
    if not _HOST_KEY.fullmatch(text):
        raise ValueError("is no public host key such as 'ssh-ed25519 AAAA...'")
    return text


class DumpKeep(Frozen):
    """How many dumps stay."""

    daily: int = Field(default=7, ge=1, le=366)
    weekly: int = Field(default=4, ge=0, le=520)
    monthly: int = Field(default=6, ge=0, le=240)


class DumpSettings(Frozen):
    """Everything about dumps."""

    dumps: bool = False
    dump_repository: Annotated[str, AfterValidator(_repository)] = STORAGE_BOX
    dump_location: Literal["fsn1", "hel1"] = "hel1"
    dump_host_key: Annotated[str, AfterValidator(_host_key)] = HETZNER_HOST_KEY
    dump_schedule: Annotated[str, AfterValidator(_schedule)] = "*-*-* 01:15:00 UTC"
    dump_keep: DumpKeep = DumpKeep()
    dump_ssh_key: SecretStr | None = None
    dump_key_id: SecretStr | None = None
    dump_key_secret: SecretStr | None = None
    restic_password: SecretStr | None = None
    scratch_image: str = "postgres:{major}"
    restore: Literal["none", "latest"] = "none"


def problems(raw: dict[str, Any], name: str) -> list[str]:
    """What is missing for dumps, a line each; `name` is the project's, before each key."""
    wants_dumps = str(raw.get("dumps", "false")).lower() == "true"
    if not wants_dumps:
        needs = raw.get("restore", "none") != "none"
        return [f"{name}:restore: needs the dumps; set {name}:dumps to true"] if needs else []
    repository = str(raw.get("dump_repository", STORAGE_BOX))
    needed = {
        "database_direct_url": "databaseDirectUrl: missing, pg_dump needs the direct connection",
        "restic_password": "resticPassword: missing, dumps are encrypted with it",
    }
    if repository.startswith("s3:"):
        needed["dump_key_id"] = "dumpKeyId: missing, the bucket needs a key"
        needed["dump_key_secret"] = "dumpKeySecret: missing, the bucket needs a key"  # noqa: S105
    if repository.startswith("sftp:"):
        needed["dump_ssh_key"] = "dumpSshKey: missing, the private key that logs in there"
    return [
        f"{name}:{words}; run `pulumi config set --secret {name}:{words.split(':')[0]}`"
        for field, words in needed.items()
        if not raw.get(field)
    ]
