"""The stack's own SSH key: with it the engine, the checks and this program log in as root."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from clients import hetzner
from clients.ssh import SshClient, SshPermissionDeniedError
from common.errors import OperatorError
from runbook import output
from runbook.rotate.journal import Pair
from runbook.rotate.rotation import RotationError, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.target import ServerTarget, SshTarget
    from runbook.rotate.scene import Scene

KIND = "ssh-key"
FORMER = "nutri:formerSshKeys"
"""Keys of before, for disks of before: no server that runs lets them in."""
_KEYS = "/root/.ssh/authorized_keys"
# Whole or not at all: a file cut off in the middle would lock everybody out.
_ADD = f"""set -eu
umask 077
read -r line
grep -qxF "$line" {_KEYS} && exit 0
{{ cat {_KEYS}; printf '%s\\n' "$line"; }} >{_KEYS}.new
mv {_KEYS}.new {_KEYS}
"""
_TAKE_OUT = f"""set -eu
umask 077
read -r body
grep -vF "$body" {_KEYS} >{_KEYS}.new
mv {_KEYS}.new {_KEYS}
"""


def new_key() -> str:
    """A private key in OpenSSH's form."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
        .decode()
    )


def public_of(private: str) -> str:
    """Its public half, '<type> <base64>'.

    Raises:
        RotationError: it is none.
    """
    try:
        loaded = serialization.load_ssh_private_key(f"{private.strip()}\n".encode(), None)
    except ValueError:
        raise RotationError("what is noted as SSH key is none") from None
    return (
        loaded.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )


class SshKey:
    """The new key is on every server, and has logged in there, before the old one goes."""

    secret = KIND
    old_works = False

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._journal = scene.journal(KIND)
        self._pair = self._journal.read()

    def steps(self) -> Sequence[Step]:
        """See `Rotation`."""
        return (
            Step("a new key", self._begin),
            Step("on every server", self._admit),
            Step("Hetzner's name for it", self._free_name),
            Step("everybody uses it", self._scene.up),
            Step("the old one off the servers", self._take_out),
            Step("the old one refused", self._prove),
        )

    @staticmethod
    def left() -> Sequence[str]:
        """See `Rotation`."""
        return (
            f"images of before know the old key alone: `runbook server restore` has it in {FORMER}",
            "who is logged in already stays so: `runbook ssh`, then `who`, and end what is strange",
        )

    @property
    def pair(self) -> Pair:
        """Old and new private key."""
        if self._pair is None:
            raise RotationError("no rotation of the SSH key is under way")
        return self._pair

    def _begin(self) -> str:
        if self._pair is None:
            old = self._scene.target.servers[0].ssh.private_key.get_secret_value()
            self._pair = self._journal.begin(Pair(old.strip(), new_key().strip()))
        return public_of(self.pair.new)

    def _admit(self) -> str:
        line = public_of(self.pair.new)
        for server in self._scene.target.servers:
            if not self._logs_in(server, self.pair.new):
                with SshClient(with_key(server.ssh, self.pair.old)) as client:
                    admit(client, line)
            if not self._logs_in(server, self.pair.new):
                raise OperatorError(f"{server.name} does not let the new key in")
        return f"it has logged in to {self._counted}"

    def _free_name(self) -> str:
        """A name is Hetzner's once: the old key gives it up before the new one is made."""
        old, freed = public_of(self.pair.old), 0
        with hetzner.connect(self._scene.target) as api:
            for key in api.all("ssh_keys"):
                if is_same(str(key["public_key"]), old) and not key["name"].endswith("-former"):
                    api.put(f"ssh_keys/{key['id']}", {"name": f"{key['name']}-former"})
                    freed += 1
        return "the old key's name is free" if freed else "it is free"

    def _take_out(self) -> str:
        old = public_of(self.pair.old)
        self._scene.config.set_secret(self.pair.old, FORMER, _fingerprint(old))
        for server in self._scene.target.servers:
            with SshClient(with_key(server.ssh, self.pair.new)) as client:
                take_out(client, old)
        with hetzner.connect(self._scene.target) as api:
            for key in api.all("ssh_keys"):
                if is_same(str(key["public_key"]), old):
                    api.delete(f"ssh_keys/{key['id']}")
        return f"off {self._counted} and out of Hetzner's list"

    def _prove(self) -> str:
        inside = [s.name for s in self._scene.target.servers if self._logs_in(s, self.pair.old)]
        if inside:
            raise OperatorError(f"the old key still logs in to {', '.join(inside)}")
        for server in self._scene.target.servers:
            if not self._logs_in(server, self.pair.new):
                raise OperatorError(f"{server.name} does not let the new key in")
        self._journal.end()
        return f"Permission denied, by {self._counted}; the new one logs in"

    @property
    def _counted(self) -> str:
        return output.counted(len(self._scene.target.servers), "server")

    @staticmethod
    def _logs_in(server: ServerTarget, key: str) -> bool:
        try:
            with SshClient(with_key(server.ssh, key)) as client:
                client.run("true", timeout=30)
        except SshPermissionDeniedError:
            return False
        return True


def admit(client: SshClient, public: str) -> None:
    """Have root's list hold a public key."""
    client.run(_ADD, stdin=f"{public}\n")


def take_out(client: SshClient, public: str) -> None:
    """Have it hold a public key no more, whatever its comment."""
    client.run(_TAKE_OUT, stdin=f"{public.split()[1]}\n")


def _fingerprint(public: str) -> str:
    return f"key-{hashlib.sha256(public.encode()).hexdigest()[:12]}"


def with_key(way: SshTarget, key: str) -> SshTarget:
    """The same way in with another key."""
    return way.model_copy(update={"private_key": SecretStr(f"{key.strip()}\n")})


def is_same(line: str, other: str) -> bool:
    """Whether two public keys are one, whatever their comments."""
    return line.split()[:2] == other.split()[:2]
