"""A good configuration to break, one setting at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.runtime
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOOD: dict[str, Any] = {
    "hcloud:token": "t" * 64,
    "hcloud:endpoint": "http://hetzner.test/v1",
    "nutri:domain": "nutri.test",
    "nutri:tier": "small",
    "nutri:location": "fsn1",
    "nutri:image": "debian-12",
    "nutri:backups": True,
    "nutri:protect": True,
    "nutri:manageDns": True,
    "nutri:sshNetworks": ["203.0.113.7/32"],
    "nutri:operatorKeys": [],
    "nutri:coolifyVersion": "4.3.10",
    "nutri:coolifyInstallerUrl": "https://cdn.test/install.sh",
    "nutri:coolifyRootEmail": "ops@nutri.test",
    "nutri:dockerAddressPool": "172.24.0.0/14",
    "nutri:backendImage": "ghcr.test/nutri/backend",
    "nutri:backendTag": "good-1",
    "nutri:backendReplicas": 2,
    "nutri:mlImage": "ghcr.test/nutri/ml-service",
    "nutri:mlTag": "good-1",
    "nutri:mlReplicas": 1,
    "nutri:registryServer": "ghcr.test",
    "nutri:registryUsername": "nutri",
    "nutri:registryPassword": "a-registry-password",
    "nutri:healthCheck": {"interval": 1, "timeout": 3, "retries": 15, "startPeriod": 1},
    "nutri:settleSeconds": 120,
    "nutri:liveLatencyMs": 500,
    "nutri:caBundle": "",
    "nutri:nameservers": [],
}


def _text(value: Any) -> str:  # noqa: ANN401 - a config value
    return value if isinstance(value, str) else json.dumps(value)


class _Registered:
    """A hook's registration that is through: mocks have no engine to call a hook back from."""

    def __await__(self) -> Iterator[None]:
        return iter(())


@pytest.fixture
def hooks_register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let resource hooks be made where there is no engine, and nothing wait for the end."""
    monkeypatch.setattr("infra.guard.atexit.register", lambda _: None)
    monkeypatch.setattr("pulumi.resource_hooks.register_resource_hook", lambda _: _Registered())
    monkeypatch.setattr("pulumi.resource_hooks.register_error_hook", lambda _: _Registered())


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set the stack's configuration to the good one with changes; None removes a key."""
    monkeypatch.delenv("HCLOUD_TOKEN", raising=False)
    monkeypatch.delenv("HCLOUD_ENDPOINT", raising=False)

    def set_config(changes: dict[str, Any] | None = None) -> None:
        values = GOOD | (changes or {})
        pulumi.runtime.set_all_config({k: _text(v) for k, v in values.items() if v is not None})

    yield set_config
    pulumi.runtime.set_all_config({})
