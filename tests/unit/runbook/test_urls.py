"""The `curl` lines of `runbook urls`: they must work as printed."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from common.target import Expectations, ServerTarget, ServiceTarget, SshTarget, Target, Vantage
from runbook import urls


def _target(vantage: Vantage) -> Target:
    ssh = SshTarget(
        host="127.10.0.1", host_key="ssh-ed25519 AAAA", private_key=SecretStr("PRIVATE")
    )
    server = ServerTarget(name="s", id=1, server_type="cx33", ipv4="127.10.0.1", ssh=ssh)
    service = ServiceTarget(
        name="nutri-backend",
        url="https://api.nutri.test",
        image="ghcr.test/nutri/backend",
        tag="good-1",
        replicas=2,
        applications=("a", "b"),
    )
    expectations = Expectations(open_ports=(80,), ssh_networks=("127.0.0.0/8",), shut_ports=())
    return Target.model_construct(
        stack="test",
        domain="nutri.test",
        servers=(server,),
        services=(service,),
        expectations=expectations,
        vantage=vantage,
    )


def test_production_needs_no_help() -> None:
    """Public names and authorities: the plain line will do."""
    head, curl = urls.lines(_target(Vantage()), Path("/project"))
    assert head == "nutri-backend  https://api.nutri.test  good-1  2 replicas"
    assert curl.strip() == "curl --fail https://api.nutri.test/health"


def test_the_double_needs_its_authority_and_address() -> None:
    """A name the system cannot resolve is resolved in the line; the path is from here."""
    vantage = Vantage(ca_bundle="/project/.local/ca.crt", nameservers=("127.0.0.1:8453",))
    _, curl = urls.lines(_target(vantage), Path("/project"))
    assert curl.strip() == (
        "curl --fail --cacert .local/ca.crt --resolve api.nutri.test:443:127.10.0.1"
        " https://api.nutri.test/health"
    )


def test_elsewhere_the_path_stays_whole() -> None:
    """From a folder that does not hold the bundle the path is absolute."""
    vantage = Vantage(ca_bundle="/project/.local/ca.crt")
    _, curl = urls.lines(_target(vantage), Path("/elsewhere"))
    assert "--cacert /project/.local/ca.crt" in curl
