"""Certificates, uploaded and managed ones, and their rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from localcloud.hetzner.errors import (
    InvalidInputError,
    NotFoundError,
    ResourceInUseError,
    UniquenessError,
)
from localcloud.hetzner.machines import MachineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.hetzner.cloud import Cloud


@dataclass(frozen=True)
class Certificate:
    """A certificate with its chain, and its key."""

    id: int
    name: str
    created: str
    certificate: str
    """PEM, the certificate itself first."""
    private_key: str = field(repr=False)
    """PEM; the API takes it and never shows it."""
    domain_names: tuple[str, ...]
    fingerprint: str
    not_valid_before: str
    not_valid_after: str
    labels: dict[str, str] = field(default_factory=dict)
    issuance: str | None = None
    """Of a managed one: pending, completed or failed; None for an uploaded one."""
    problem: str | None = None
    """Why the issuance failed."""

    @property
    def kind(self) -> str:
        """`uploaded` or `managed`."""
        return "uploaded" if self.issuance is None else "managed"

    @property
    def bundle(self) -> str:
        """Chain and key in one text."""
        return f"{self.certificate.rstrip()}\n{self.private_key.rstrip()}\n"


@dataclass(frozen=True)
class Facts:
    """What a certificate says about itself."""

    domain_names: tuple[str, ...]
    fingerprint: str
    not_valid_before: str
    not_valid_after: str


class Certificates:
    """All certificates."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("certificate", Certificate)

    def all(self) -> list[Certificate]:
        """Every certificate."""
        return list(self._table)

    def get(self, number: int) -> Certificate:
        """The certificate; raises NotFoundError."""
        certificate = self._table.get(number)
        if certificate is None:
            raise NotFoundError.thing("certificate", number)
        return certificate

    def check_known(self, ids: Sequence[int]) -> None:
        """Raise InvalidInputError for an id that is none of a certificate."""
        for number in ids:
            if self._table.get(number) is None:
                raise InvalidInputError.field(
                    "http.certificates", f"certificate with ID '{number}' not found"
                )

    def bundles(self, ids: Sequence[int]) -> tuple[str, ...]:
        """Chain and key of each."""
        return tuple(self.get(number).bundle for number in ids)

    def put(self, certificate: Certificate) -> Certificate:
        """Write a certificate down; the name has to be its own."""
        for other in self._table:
            if other.name == certificate.name and other.id != certificate.id:
                raise UniquenessError("certificate name is already used", "name")
        return self._table.put(certificate)

    async def issue(self, number: int) -> None:
        """Get a managed certificate: who has the zone of each name may have it.

        Raises:
            InvalidInputError: there is no zone for one of its names.
            MachineError: the authority gave none.
        """
        certificate = self.get(number)
        try:
            self._check_zones(certificate.domain_names)
            names, machines = certificate.domain_names, self._cloud.machines
            chain, key = await self._cloud.in_thread(machines.issue_certificate, names)
        except (InvalidInputError, MachineError) as error:
            self._table.put(replace(certificate, issuance="failed", problem=str(error)))
            raise
        found = facts(chain, key)
        self._table.put(
            replace(
                certificate,
                certificate=chain,
                private_key=key,
                fingerprint=found.fingerprint,
                not_valid_before=found.not_valid_before,
                not_valid_after=found.not_valid_after,
                issuance="completed",
                problem=None,
            )
        )

    def _check_zones(self, names: Sequence[str]) -> None:
        zones = {zone.name for zone in self._cloud.zones.all()}
        for name in names:
            if not any(name == zone or name.endswith(f".{zone}") for zone in zones):
                raise InvalidInputError.field("domain_names", f"there is no zone for {name}")

    def update(
        self, certificate: Certificate, name: str | None, labels: dict[str, str] | None
    ) -> Certificate:
        """Change what is not None."""
        return self.put(
            replace(
                certificate,
                name=certificate.name if name is None else name,
                labels=certificate.labels if labels is None else labels,
            )
        )

    def users(self, certificate: Certificate) -> list[int]:
        """Ids of the load balancers that use it."""
        return [
            balancer.id
            for balancer in self._cloud.load_balancers.all()
            if any(
                service.http and certificate.id in service.http.certificates
                for service in balancer.services
            )
        ]

    def delete(self, certificate: Certificate) -> None:
        """Forget a certificate nobody uses."""
        if self.users(certificate):
            raise ResourceInUseError("certificate is still used by a load balancer")
        self._table.drop(certificate.id)


def facts(chain: str, key: str) -> Facts:
    """What a certificate says; raises InvalidInputError unless the key is its own."""
    try:
        leaf = x509.load_pem_x509_certificates(chain.encode())[0]
    except ValueError:
        raise InvalidInputError.field("certificate", "is no certificate in PEM") from None
    try:
        private = serialization.load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError):
        raise InvalidInputError.field("private_key", "is no private key in PEM") from None
    if private.public_key() != leaf.public_key():
        raise InvalidInputError.field("private_key", "does not belong to the certificate")
    return Facts(
        domain_names=_names(leaf),
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(":"),
        not_valid_before=leaf.not_valid_before_utc.isoformat(),
        not_valid_after=leaf.not_valid_after_utc.isoformat(),
    )


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(extension.value.get_values_for_type(x509.DNSName))
