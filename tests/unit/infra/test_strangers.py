"""A lost state: what is there by name is told before anything is made anew."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from pydantic import SecretStr

from infra import state, strangers
from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import RunningDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.settings import Settings
    from tests.contract.hetzner_double import HetznerDouble

KNOWN = (
    "urn:pulumi:prod::nutri::nutri:infra:Host$hcloud:index/server:Server::server",
    "urn:pulumi:prod::nutri::nutri:infra:Host$hcloud:index/sshKey:SshKey::ssh-key",
    "urn:pulumi:prod::nutri::nutri:infra:Dns$hcloud:index/zone:Zone::zone",
)


@pytest.fixture(scope="module")
def hetzner() -> Iterator[HetznerDouble]:
    """A project with the server and the zone of a stack."""
    with RunningDouble() as double:
        double.server("nutri-prod")
        assert double.post("/zones", {"name": "nutri.test", "mode": "primary"}).is_success
        yield double


def _settings(double: HetznerDouble, **changes: object) -> Settings:
    made: dict[str, Any] = {
        "hcloud_endpoint": double.endpoint,
        "hcloud_token": SecretStr(DEMO_TOKEN),
        "domain": "nutri.test",
        "manage_dns": True,
        "take_over_dns": False,
    }
    whole = made | changes
    whole["makes_zone"] = not whole["take_over_dns"]
    return cast("Settings", SimpleNamespace(**whole))


def _knowing(monkeypatch: pytest.MonkeyPatch, *urns: str) -> None:
    monkeypatch.setattr(state, "resources", lambda: tuple({"urn": urn} for urn in urns))


def test_an_empty_state_beside_a_platform_is_told(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thing by name and id, with the way back."""
    _knowing(monkeypatch)
    server, zone = strangers.problems(_settings(hetzner), "nutri-prod")
    assert server.startswith("the server nutri-prod (id ")
    assert "bring the state back" in server
    assert zone.startswith("the DNS zone nutri.test (id ")
    assert "takeOverDns true" in zone


def test_another_name_or_a_taken_zone_is_free(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new stack beside the old one, which takes its names over."""
    _knowing(monkeypatch)
    assert strangers.problems(_settings(hetzner, take_over_dns=True), "nutri-prod-2") == []


def test_what_the_state_knows_is_not_asked_for(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A usual run asks the API nothing more."""
    _knowing(monkeypatch, *KNOWN)
    nowhere = _settings(hetzner, hcloud_endpoint="http://127.0.0.1:1")
    assert strangers.problems(nowhere, "nutri-prod") == []


def test_where_nobody_tells_nothing_is_refused(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update itself will."""
    _knowing(monkeypatch)
    nowhere = _settings(hetzner, hcloud_endpoint="http://127.0.0.1:1")
    assert strangers.problems(nowhere, "nutri-prod") == []

    def refuse() -> None:
        raise state.ReadError("no backend")

    monkeypatch.setattr(state, "resources", refuse)
    assert strangers.problems(_settings(hetzner), "nutri-prod") == []
