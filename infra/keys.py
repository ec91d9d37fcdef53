"""Key pairs and random secrets, made once and kept as Pulumi secrets."""

from __future__ import annotations

import base64
import secrets
import string
from typing import Any, ClassVar

import pulumi
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pulumi.dynamic import CreateResult, Resource

from common.changes import SPARE
from infra.dynamic import Provider

# Survive Coolify's installer, which sends values through sed and a dotenv file unquoted.
_ALPHABET = string.ascii_letters + string.digits
_SYMBOLS = "-_.%+="


class _KeyPairProvider(Provider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
        public = private.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        outs = {**props, "private_key": pem.decode(), "public_key": public.decode()}
        return CreateResult(public.decode().split()[1][-16:], outs)


class KeyPair(Resource, module="nutri", name="KeyPair"):
    """An ed25519 key pair in OpenSSH's forms; the private half is a secret.

    One that is `spare` is good for nothing without a server that may go: it goes with it, unasked.
    """

    private_key: pulumi.Output[str]
    public_key: pulumi.Output[str]

    def __init__(
        self, name: str, opts: pulumi.ResourceOptions | None = None, *, spare: bool = False
    ) -> None:
        props: dict[str, Any] = {"private_key": None, "public_key": None}
        if spare:
            props[SPARE] = True
        secret = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        super().__init__(
            _KeyPairProvider(), name, props, pulumi.ResourceOptions.merge(secret, opts)
        )


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


class _RandomSecretProvider(Provider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"kind", "length"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        kind, length = props["kind"], int(props["length"])
        made = _MAKERS[kind](length)
        outs = {"kind": kind, "length": length, "value": made}
        return CreateResult(secrets.token_hex(8), outs)


class RandomSecret(Resource, module="nutri", name="RandomSecret"):
    """A secret made at random: a `password`, an application `key` or a `token`."""

    value: pulumi.Output[str]

    def __init__(
        self, name: str, kind: str, length: int = 40, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props = {"kind": kind, "length": length, "value": None}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        super().__init__(
            _RandomSecretProvider(), name, props, pulumi.ResourceOptions.merge(secret, opts)
        )
