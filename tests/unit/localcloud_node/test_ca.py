"""The instance's authority, and the signer that plays ACME with it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from localcloud.node.ca import KeyPair, cross_signed, ensure_authority, issue, world
from localcloud.node.errors import NodeError
from localcloud.node.images import ROOT
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


@pytest.fixture
def signer(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a module
    """The signer's program with the instance's authority."""
    ensure_authority(instance)
    path = ROOT / "images" / "services" / "signer.py"
    spec = importlib.util.spec_from_file_location("localcloud_signer", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RUN", instance.home)
    return module


def request(*names: str, common: str = "") -> bytes:
    """A certificate request in PEM."""
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    key = ec.generate_private_key(ec.SECP256R1())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_the_signer_signs_for_the_names_of_the_request(signer: Any, instance: Instance) -> None:  # noqa: ANN401
    """What it returns is trusted by whoever trusts the authority."""
    certificate = signer.sign(request("api.example.org", "ml.example.org"))
    verify(ensure_authority(instance), certificate, "ml.example.org")


def test_the_common_name_will_do(signer: Any, instance: Instance) -> None:  # noqa: ANN401
    """A request without the extension gets a certificate for its subject."""
    certificate = signer.sign(request(common="api.example.org"))
    verify(ensure_authority(instance), certificate, "api.example.org")


@pytest.mark.parametrize("bad", [b"", b"no PEM", b"-----BEGIN CERTIFICATE REQUEST-----\nAA==\n"])
def test_the_signer_refuses_what_is_no_request(signer: Any, bad: bytes) -> None:  # noqa: ANN401
    """The refusal says what was expected."""
    with pytest.raises(signer.RefusedError, match="certificate request in PEM"):
        signer.sign(bad)


def test_the_signer_refuses_a_request_without_names(signer: Any) -> None:  # noqa: ANN401
    """A certificate for nothing helps nobody."""
    with pytest.raises(signer.RefusedError, match="names no host"):
        signer.sign(request())


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
