"""Key pairs and random secrets, made once and kept as Pulumi secrets."""

from __future__ import annotations

import base64
import secrets
import string
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pulumi.dynamic import CreateResult, DiffResult, Resource, UpdateResult

from common.changes import SPARE
from common.errors import OperatorError
from infra.dynamic import Provider

if TYPE_CHECKING:
    from pydantic import SecretStr

# Survive Coolify's installer, which sends values through sed and a dotenv file unquoted.
_ALPHABET = string.ascii_letters + string.digits
_SYMBOLS = "-_.%+="
GIVEN = "given"
"""Input of a secret that is being changed: the value it is to take over."""


class _MadeProvider(Provider):
    """Of what is made once, and takes over another value only where one is given."""

    made: ClassVar[str]
    """The output that is given."""

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Look past a gift that was taken over, and past one that is taken out of the config."""
        found = super().diff(id_, olds, {k: v for k, v in news.items() if k != GIVEN})
        given = news.get(GIVEN)
        found.changes = found.changes or _differs(given, olds.get(self.made))
        return found

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({**olds, **(self.create({**olds, **news}).outs or {})})


class _KeyPairProvider(_MadeProvider):
    made: ClassVar[str] = "private_key"

    def create(self, props: dict[str, Any]) -> CreateResult:
        private = _private_key(props.get(GIVEN))
        public = private.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        kept = {k: v for k, v in props.items() if k != GIVEN}
        outs = {
            **kept,
            "private_key": _pem(private, props.get(GIVEN)),
            "public_key": public.decode(),
        }
        return CreateResult(public.decode().split()[1][-16:], outs)


def _pem(private: Ed25519PrivateKey, given: str | None) -> str:
    """The key as it was given: each time it is written it comes out differently."""
    if given is not None:
        return f"{given.strip()}\n"
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    ).decode()


def _differs(given: str | None, known: str | None) -> bool:
    return given is not None and given.strip() != (known or "").strip()


def _private_key(given: str | None) -> Ed25519PrivateKey:
    if given is None:
        return Ed25519PrivateKey.generate()
    loaded = serialization.load_ssh_private_key(f"{given.strip()}\n".encode(), None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise OperatorError("nutri:rotating.ssh-key.new: is no ed25519 key in OpenSSH's form")
    return loaded


class KeyPair(Resource, module="nutri", name="KeyPair"):
    """An ed25519 key pair in OpenSSH's forms; the private half is a secret.

    One that is `spare` is good for nothing without a server that may go: it goes with it, unasked.
    """

    private_key: pulumi.Output[str]
    public_key: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        spare: bool = False,
        given: SecretStr | None = None,
    ) -> None:
        props: dict[str, Any] = {"private_key": None, "public_key": None, **_given(given)}
        if spare:
            props[SPARE] = True
        secret = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        super().__init__(
            _KeyPairProvider(), name, props, pulumi.ResourceOptions.merge(secret, opts)
        )


def _given(value: SecretStr | None) -> dict[str, Any]:
    return {} if value is None else {GIVEN: pulumi.Output.secret(value.get_secret_value())}


def random_password(length: int) -> str:
    """Return a password with upper and lower case, digits and symbols that no shell eats."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(length - 4))
    required = (string.ascii_uppercase, string.ascii_lowercase, string.digits, _SYMBOLS)
    return body + "".join(secrets.choice(group) for group in required)


def random_key(length: int = 32) -> str:
    """Return a Laravel application key: random bytes, as `base64:...`."""
    return "base64:" + base64.b64encode(secrets.token_bytes(length)).decode()


def random_token(length: int) -> str:
    """Return a token of letters and digits only."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


_MAKERS = {"password": random_password, "key": random_key, "token": random_token}


class _RandomSecretProvider(_MadeProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"kind", "length"})
    made: ClassVar[str] = "value"

    def create(self, props: dict[str, Any]) -> CreateResult:
        kind, length = props["kind"], int(props["length"])
        made = props.get(GIVEN) or _MAKERS[kind](length)
        outs = {"kind": kind, "length": length, "value": made}
        return CreateResult(secrets.token_hex(8), outs)


class RandomSecret(Resource, module="nutri", name="RandomSecret"):
    """A secret made at random: a `password`, an application `key` or a `token`."""

    value: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        kind: str,
        length: int = 40,
        opts: pulumi.ResourceOptions | None = None,
        *,
        given: SecretStr | None = None,
    ) -> None:
        props = {"kind": kind, "length": length, "value": None, **_given(given)}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        super().__init__(
            _RandomSecretProvider(), name, props, pulumi.ResourceOptions.merge(secret, opts)
        )
