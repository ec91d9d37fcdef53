"""Certificates, uploaded and managed, and the https services that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localcloud.node.ca import KeyPair, ensure_authority, issue
from localcloud.settings import Instance
from tests.contract.balancer_calls import HTTP, act, make_balancer, shown, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.hetzner_double import HetznerDouble


@pytest.fixture
def pair(tmp_path: Path) -> KeyPair:
    """A certificate for api.example.test, and its key."""
    return issue(ensure_authority(Instance(home=tmp_path)), ["api.example.test"])


def _upload(hetzner: HetznerDouble, pair: KeyPair, name: str = "api") -> int:
    body = {
        "name": name,
        "certificate": pair.certificate.decode(),
        "private_key": pair.key.decode(),
    }
    answer = hetzner.post("/certificates", body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["certificate"]["id"])


def test_uploaded_certificate_is_read(hetzner: HetznerDouble, pair: KeyPair) -> None:
    """Names and dates are the certificate's own; the key is never shown."""
    made = hetzner.client.certificates.create(
        "api", pair.certificate.decode(), pair.key.decode(), labels={"a": "b"}
    )
    assert made.domain_names == ["api.example.test"]
    assert made.not_valid_before is not None
    assert made.not_valid_after is not None
    assert made.not_valid_before < made.not_valid_after
    assert "PRIVATE KEY" not in hetzner.http.get(f"/certificates/{made.id}").text
    assert len(hetzner.get("/certificates?label_selector=a=b&type=uploaded")["certificates"]) == 1


def test_key_has_to_be_the_certificates_own(
    hetzner: HetznerDouble, pair: KeyPair, tmp_path: Path
) -> None:
    """Another key, none, or no PEM at all is refused; so is a managed one of no name."""
    other = issue(ensure_authority(Instance(home=tmp_path)), ["api.example.test"])
    good = pair.certificate.decode()
    for body in (
        {"certificate": good, "private_key": other.key.decode()},
        {"certificate": good, "private_key": "nonsense"},
        {"certificate": "nonsense", "private_key": pair.key.decode()},
        {"certificate": good},
        {"type": "managed"},
    ):
        refused = hetzner.post("/certificates", {"name": "api"} | body)
        assert hetzner.error(refused) == (422, "invalid_input")
    assert hetzner.get("/certificates")["certificates"] == []


def test_https_service_has_the_certificate(hetzner: HetznerDouble, pair: KeyPair) -> None:
    """The machine gets chain and key; while they are used, the certificate stays."""
    certificate = _upload(hetzner, pair)
    number = make_balancer(hetzner)["id"]
    web = {"certificates": [certificate], "redirect_http": True}
    service = {"protocol": "https", "destination_port": 8080, "http": web}
    assert act(hetzner, number, "add_service", **service).status_code == 201
    (spec,) = told(hetzner).services
    assert (spec.protocol, spec.listen_port, spec.redirect_http) == ("https", 443, True)
    assert spec.certificates[0].startswith("-----BEGIN CERTIFICATE")
    assert pair.key.decode().strip() in spec.certificates[0]
    assert "PRIVATE" not in repr(spec)
    assert shown(hetzner, number)["services"][0]["http"]["certificates"] == [certificate]
    used = hetzner.get(f"/certificates/{certificate}")["certificate"]["used_by"]
    assert used == [{"id": number, "type": "load_balancer"}]
    path = f"/certificates/{certificate}"
    assert hetzner.error(hetzner.http.delete(path)) == (422, "resource_in_use")
    assert act(hetzner, number, "delete_service", listen_port=443).status_code == 201
    assert hetzner.http.delete(path).status_code == 204


def test_redirect_needs_port_80(hetzner: HetznerDouble, pair: KeyPair) -> None:
    """A service of one's own on port 80 and the redirect exclude each other."""
    certificate = _upload(hetzner, pair)
    number = make_balancer(hetzner, services=[HTTP])["id"]
    web = {"certificates": [certificate], "redirect_http": True}
    refused = act(hetzner, number, "add_service", protocol="https", http=web)
    assert hetzner.error(refused) == (412, "source_port_already_used")


def test_unknown_certificate(hetzner: HetznerDouble) -> None:
    """An id nobody has is told by its field."""
    number = make_balancer(hetzner)["id"]
    refused = act(hetzner, number, "add_service", protocol="https", http={"certificates": [7]})
    assert hetzner.error(refused) == (422, "invalid_input")
    assert refused.json()["error"]["details"]["fields"][0]["name"] == "http.certificates"


def test_names_are_unique(hetzner: HetznerDouble, pair: KeyPair) -> None:
    """A second certificate of a name is refused, also by renaming."""
    _upload(hetzner, pair)
    other = _upload(hetzner, pair, "other")
    renamed = hetzner.http.put(f"/certificates/{other}", json={"name": "api"})
    assert hetzner.error(renamed) == (409, "uniqueness_error")


def test_managed_certificate(hetzner: HetznerDouble) -> None:
    """It is issued for names whose zone is here; without the zone it fails."""
    body = {"name": "front", "type": "managed", "domain_names": ["api.example.test"]}
    early = hetzner.post("/certificates", body).json()
    assert early["action"]["status"] == "error"
    path = f"/certificates/{early['certificate']['id']}"
    failed = hetzner.get(path)["certificate"]
    assert (failed["status"]["issuance"], failed["certificate"]) == ("failed", None)
    assert "no zone" in failed["status"]["error"]["message"]
    assert hetzner.post("/zones", {"name": "example.test", "mode": "primary"}).status_code == 201
    assert hetzner.http.delete(path).status_code == 204
    assert hetzner.post("/certificates", body).json()["action"]["status"] == "success"
    issued = hetzner.get("/certificates?type=managed")["certificates"][0]
    assert (issued["status"]["issuance"], issued["status"]["renewal"]) == ("completed", "scheduled")
    assert issued["domain_names"] == ["api.example.test"]
    assert issued["certificate"].startswith("-----BEGIN CERTIFICATE")
