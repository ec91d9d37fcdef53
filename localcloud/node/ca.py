"""The certificate authority of one instance, and the certificates it gives its own services."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.settings import Instance

WORLD = Path(__file__).resolve().parent.parent / "images" / "world.crt"
_LIFETIME = dt.timedelta(days=3650)
_LEAF_LIFETIME = dt.timedelta(days=800)
_BACKDATED = dt.timedelta(minutes=5)
_PRIVATE, _PUBLIC = 0o600, 0o644


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both in PEM."""

    certificate: bytes
    key: bytes


def ensure_authority(instance: Instance) -> KeyPair:
    """The instance's authority in `<home>/ca.crt` and `<home>/ca.key`, made on the first call.

    Raises:
        NodeError: one of the two files is there without the other.
    """
    certificate, key = instance.home / "ca.crt", instance.home / "ca.key"
    if certificate.exists() != key.exists():
        missing, there = (key, certificate) if certificate.exists() else (certificate, key)
        raise NodeError(
            f"{missing} is missing while {there} is there: put it back, or remove both and start "
            "the local cloud afresh"
        )
    if not certificate.exists():
        made = _new_authority(instance.name)
        write_file(key, made.key, _PRIVATE)
        write_file(certificate, made.certificate, _PUBLIC)
    return KeyPair(certificate.read_bytes(), key.read_bytes())


def issue(
    authority: KeyPair, names: Iterable[str], lifetime: dt.timedelta = _LEAF_LIFETIME
) -> KeyPair:
    """A server certificate for these host names and addresses."""
    wanted = tuple(names)
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = _ec_key(authority.key)
    key = ec.generate_private_key(ec.SECP256R1())
    alternative = x509.SubjectAlternativeName([_general_name(name) for name in wanted])
    builder = (
        _builder(_name(wanted[0]), issuer.subject, key.public_key(), lifetime)
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    return _pair(builder.sign(issuer_key, hashes.SHA256()), key)


def world() -> KeyPair:
    """The authority that everybody trusts, images of the app too: a public constant.

    An image is shared by instances, so it cannot trust the authority of one.
    """
    digest = hashlib.sha256(b"localcloud world authority").digest()
    key = ec.derive_private_key(int.from_bytes(digest) >> 1, ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(WORLD.read_bytes(), private)


def cross_signed(authority: KeyPair) -> bytes:
    """The certificate by which who trusts the world trusts an instance's authority too."""
    issuer = world()
    known = x509.load_pem_x509_certificate(issuer.certificate)
    own = x509.load_pem_x509_certificate(authority.certificate)
    key = _ec_key(authority.key).public_key()
    builder = (
        _builder(own.subject, known.subject, key, _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
    )
    signed = builder.sign(_ec_key(issuer.key), hashes.SHA256())
    return signed.public_bytes(Encoding.PEM)


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write a file that never exists with wider rights than `mode`, nor half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.part")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    scratch.replace(path)


def _new_authority(instance_name: str) -> KeyPair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"localcloud {instance_name}")
    builder = (
        _builder(name, name, key.public_key(), _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _ec_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NodeError("ca.key is not an elliptic curve key: remove ca.crt and ca.key")
    return key


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(certificate.public_bytes(Encoding.PEM), private)
