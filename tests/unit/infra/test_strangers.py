"""A lost state: what is there by name is told before anything is made anew."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from pydantic import SecretStr

from infra import state
from infra.guard import unmanaged
from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import RunningDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import Settings
    from tests.contract.hetzner_double import HetznerDouble

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBJl7Cd6ud4liEbH5b9VJLex/oEcCEIrC8NNzxqccrL6"
KNOWN = (
    "urn:pulumi:prod::nutri::nutri:infra:Host$hcloud:index/server:Server::server",
    "urn:pulumi:prod::nutri::nutri:infra:Host$hcloud:index/sshKey:SshKey::ssh-key",
)


@pytest.fixture(scope="module")
def hetzner() -> Iterator[HetznerDouble]:
    """A project with the server and the SSH key of a stack."""
    with RunningDouble() as double:
        double.server("nutri-prod")
        key = {"name": "nutri-prod-deploy", "public_key": _KEY}
        assert double.post("/ssh_keys", key).is_success
        yield double


def _settings(double: HetznerDouble, **changes: object) -> Settings:
    made: dict[str, Any] = {
        "hcloud_endpoint": double.endpoint,
        "hcloud_token": SecretStr(DEMO_TOKEN),
    }
    return cast("Settings", SimpleNamespace(**(made | changes)))


def _knowing(monkeypatch: pytest.MonkeyPatch, *urns: str) -> None:
    monkeypatch.setattr(state, "resources", lambda: tuple({"urn": urn} for urn in urns))


def test_an_empty_state_beside_a_platform_is_told(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thing by name and id, with the way back."""
    _knowing(monkeypatch)
    server, key = unmanaged.problems(_settings(hetzner), "nutri-prod")
    assert server.startswith("the server nutri-prod (id ")
    assert "bring the state back" in server
    assert key.startswith("the SSH key nutri-prod-deploy (id ")


def test_another_name_is_free(hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new stack beside the old one."""
    _knowing(monkeypatch)
    assert unmanaged.problems(_settings(hetzner), "nutri-prod-2") == []


def test_what_the_state_knows_is_not_asked_for(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A usual run asks the API nothing more."""
    _knowing(monkeypatch, *KNOWN)
    nowhere = _settings(hetzner, hcloud_endpoint="http://127.0.0.1:1")
    assert unmanaged.problems(nowhere, "nutri-prod") == []


def test_where_nobody_tells_nothing_is_refused(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update itself will."""
    _knowing(monkeypatch)
    nowhere = _settings(hetzner, hcloud_endpoint="http://127.0.0.1:1")
    assert unmanaged.problems(nowhere, "nutri-prod") == []

    def refuse() -> None:
        raise state.ReadError("no backend")

    monkeypatch.setattr(state, "resources", refuse)
    assert unmanaged.problems(_settings(hetzner), "nutri-prod") == []
