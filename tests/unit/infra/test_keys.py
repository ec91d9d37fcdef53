"""What is made once: it stays, unless another value is given, and then it is that one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from common.errors import OperatorError
from infra.servers.keys import GIVEN, _KeyPairProvider, _RandomSecretProvider

if TYPE_CHECKING:
    from infra.dynamic import Provider

PAIR, SECRET = _KeyPairProvider(), _RandomSecretProvider()
_SPEC = {"kind": "token", "length": 12}


def _changes(provider: Provider, olds: dict[str, Any], news: dict[str, Any]) -> bool:
    return bool(provider.diff("id", olds, news).changes)


def test_a_key_that_is_given_is_taken_over() -> None:
    """With its public half; and then nothing differs any more."""
    first, other = PAIR.create({}).outs, PAIR.create({}).outs
    assert first
    assert other
    given = {GIVEN: other["private_key"]}
    assert _changes(PAIR, first, given)
    after = PAIR.update("id", first, given).outs
    assert after
    assert after["public_key"] == other["public_key"]
    assert GIVEN not in after
    assert not _changes(PAIR, after, given)


def test_one_that_is_taken_out_of_the_config_stays() -> None:
    """Else the end of a rotation would lock everybody out."""
    outs = PAIR.create({}).outs
    assert outs
    assert not _changes(PAIR, {**outs, GIVEN: "whatever"}, {})


def test_a_secret_that_is_given_is_taken_over() -> None:
    """It is not replaced: what hangs on it stays."""
    first = SECRET.create(_SPEC).outs
    assert first
    news = {**_SPEC, GIVEN: "another"}
    found = SECRET.diff("id", first, news)
    assert found.changes
    assert not found.replaces
    after = SECRET.update("id", first, news).outs
    assert after
    assert after["value"] == "another"
    assert not _changes(SECRET, after, news)
    assert not _changes(SECRET, after, _SPEC)


def test_another_length_is_another_secret() -> None:
    """As ever."""
    first = SECRET.create(_SPEC).outs
    assert first
    assert SECRET.diff("id", first, {**_SPEC, "length": 20}).replaces == ["length"]


def test_an_rsa_key_is_no_key_of_ours() -> None:
    """All that is made of it is ed25519."""
    pem = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    with pytest.raises(OperatorError, match="ssh-key"):
        PAIR.create({GIVEN: pem.decode()})
