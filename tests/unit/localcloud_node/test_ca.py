"""The instance's authority, and the certificates it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store

from localcloud.node.ca import KeyPair, cross_signed, ensure_authority, issue, world
from localcloud.node.errors import NodeError
from localcloud.settings import Instance

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance with a home of its own."""
    return Instance(home=tmp_path / "home")


def verify(authority: KeyPair, certificate: bytes, name: str) -> None:
    """Check as a TLS client would; raises if it does not hold."""
    root = x509.load_pem_x509_certificate(authority.certificate)
    verifier = PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName(name))
    verifier.verify(x509.load_pem_x509_certificate(certificate), [])


def test_the_authority_is_made_once(instance: Instance) -> None:
    """The second call returns the same; the key is the owner's alone."""
    first = ensure_authority(instance)
    assert ensure_authority(instance) == first
    assert (instance.home / "ca.key").stat().st_mode & 0o777 == 0o600


def test_half_an_authority_is_an_error(instance: Instance) -> None:
    """A lost key is told, not silently replaced: servers trust the old one."""
    ensure_authority(instance)
    (instance.home / "ca.key").unlink()
    with pytest.raises(NodeError, match=r"ca\.key is missing"):
        ensure_authority(instance)


def test_its_certificates_hold_for_their_names_only(instance: Instance) -> None:
    """A TLS client that trusts the authority accepts the names asked for and no other."""
    authority = ensure_authority(instance)
    pair = issue(authority, ["cdn.localcloud.test", "docker.localcloud.test"])
    verify(authority, pair.certificate, "docker.localcloud.test")
    with pytest.raises(x509.verification.VerificationError):
        verify(authority, pair.certificate, "other.localcloud.test")


def test_another_instance_is_not_trusted(instance: Instance, tmp_path: Path) -> None:
    """Each instance has an authority of its own."""
    other = ensure_authority(Instance(home=tmp_path / "other"))
    pair = issue(other, ["cdn.localcloud.test"])
    with pytest.raises(x509.verification.VerificationError):
        verify(ensure_authority(instance), pair.certificate, "cdn.localcloud.test")


def test_the_world_trusts_an_instance_by_its_cross_signed_authority(instance: Instance) -> None:
    """Who knows the world alone verifies the chain; who knows the instance needs none of it."""
    authority = ensure_authority(instance)
    leaf = issue(authority, ["redis.localcloud.test"]).certificate
    verify(authority, leaf, "redis.localcloud.test")
    root = x509.load_pem_x509_certificate(world().certificate)
    between = x509.load_pem_x509_certificate(cross_signed(authority))
    name = x509.DNSName("redis.localcloud.test")
    verifier = PolicyBuilder().store(Store([root])).build_server_verifier(name)
    chain = verifier.verify(x509.load_pem_x509_certificate(leaf), [between])
    assert [one.subject for one in chain[1:]] == [between.subject, root.subject]


def test_the_worlds_certificate_is_of_its_key() -> None:
    """The file is part of the images; the key is made of a constant."""
    made = world()
    key = load_pem_private_key(made.key, None)
    assert x509.load_pem_x509_certificate(made.certificate).public_key() == key.public_key()
