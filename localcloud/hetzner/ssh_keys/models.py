"""SSH keys and their rules."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import InvalidInputError, NotFoundError, UniquenessError

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud

_ALGORITHMS = frozenset({"ssh-ed25519", "ssh-rsa", "ssh-dss"})
_ALGORITHM_STARTS = ("ecdsa-sha2-", "sk-")


@dataclass(frozen=True)
class SshKey:
    """A public key with a name."""

    id: int
    name: str
    public_key: str
    fingerprint: str
    """MD5, in pairs of hex digits."""
    created: str
    labels: dict[str, str] = field(default_factory=dict)


class SshKeys:
    """All SSH keys."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("ssh_key", SshKey)

    def all(self) -> list[SshKey]:
        """Every key."""
        return list(self._table)

    def get(self, number: int) -> SshKey:
        """The key; raises NotFoundError."""
        key = self._table.get(number)
        if key is None:
            raise NotFoundError.thing("SSH key", number)
        return key

    def lookup(self, keys: list[int | str]) -> tuple[SshKey, ...]:
        """The keys that ids or names stand for; raises InvalidInputError."""
        found = []
        for wish in keys:
            key = find(self._table, wish)
            if key is None:
                raise InvalidInputError.field("ssh_keys", f"SSH key {str(wish)!r} not found")
            found.append(key)
        return tuple(found)

    def create(self, name: str, public_key: str, labels: dict[str, str]) -> SshKey:
        """Add a key; name and key have to be new."""
        key = SshKey(
            id=self._cloud.state.next_id(),
            name=name,
            public_key=public_key,
            fingerprint=fingerprint(public_key),
            created=self._cloud.clock.stamp(),
            labels=labels,
        )
        self._check_unique(key)
        return self._table.put(key)

    def update(self, key: SshKey, name: str | None, labels: dict[str, str] | None) -> SshKey:
        """Change what is not None."""
        changed = replace(
            key,
            name=key.name if name is None else name,
            labels=key.labels if labels is None else labels,
        )
        self._check_unique(changed)
        return self._table.put(changed)

    def delete(self, key: SshKey) -> None:
        """Forget the key; servers that have it keep it."""
        self._table.drop(key.id)

    def _check_unique(self, key: SshKey) -> None:
        for other in self._table:
            if other.id == key.id:
                continue
            if other.fingerprint == key.fingerprint:
                raise UniquenessError(
                    "SSH key with the same fingerprint already exists", "public_key"
                )
            if other.name == key.name:
                raise UniquenessError("SSH key not unique: the name is already used", "name")


def fingerprint(public_key: str) -> str:
    """MD5 of a public key in OpenSSH's one-line form; raises InvalidInputError."""
    parts = public_key.split()
    try:
        algorithm, blob = parts[0], base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error):
        raise InvalidInputError.field("public_key", "is no SSH public key") from None
    known = algorithm in _ALGORITHMS or algorithm.startswith(_ALGORITHM_STARTS)
    if not known or blob[4 : 4 + len(algorithm)] != algorithm.encode():
        raise InvalidInputError.field("public_key", "is no SSH public key")
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
