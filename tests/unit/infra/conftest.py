"""A good configuration to break, one setting at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.runtime
import pytest

from infra import state

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
    "nutri:services": {
        "nutri-backend": {
            "image": "ghcr.test/nutri/backend",
            "tag": "good-1",
            "database": None,
            "redis": [],
        },
        "nutri-ml-service": {
            "image": "ghcr.test/nutri/ml-service",
            "tag": "good-1",
            "subdomain": "ml",
            "database": None,
            "redis": [],
        },
    },
    "nutri:registryServer": "ghcr.test",
    "nutri:registryUsername": "nutri",
    "nutri:registryPassword": "a-registry-password",
    "nutri:settleSeconds": 120,
    "nutri:liveLatencyMs": 500,
    "nutri:caBundle": "",
    "nutri:nameservers": [],
}


SECRET = frozenset({"hcloud:token", "nutri:registryPassword", "nutri:secrets"})


def laid_over(good: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the good configuration with changes, which at `nutri:services` go field by field."""
    values = good | changes
    if isinstance(changes.get("nutri:services"), dict):
        values["nutri:services"] = _deep(good["nutri:services"], changes["nutri:services"])
    return values


def _deep(old: Any, new: Any) -> Any:  # noqa: ANN401 - JSON
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: _deep(old.get(key), value) for key, value in new.items()}


def backend(**changes: object) -> dict[str, Any]:
    """Return a change of the backend in the stack's config."""
    return {"nutri:services": {"nutri-backend": changes}}


def _text(value: Any) -> str:  # noqa: ANN401 - a config value
    return value if isinstance(value, str) else json.dumps(value)


class _Registered:
    """A hook's registration that is through: mocks have no engine to call a hook back from."""

    def __await__(self) -> Iterator[None]:
        return iter(())


@pytest.fixture
def hooks_register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let resource hooks be made where there is no engine, and nothing wait for the end."""
    monkeypatch.setattr("infra.guard.transform.atexit.register", lambda _: None)
    monkeypatch.setattr("pulumi.resource_hooks.register_resource_hook", lambda _: _Registered())
    monkeypatch.setattr("pulumi.resource_hooks.register_error_hook", lambda _: _Registered())


def _no_state() -> None:
    raise state.ReadError("there is no engine here")


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set the stack's configuration to the good one with changes; None removes a key."""
    monkeypatch.setattr(state, "resources", _no_state)
    monkeypatch.delenv("HCLOUD_TOKEN", raising=False)
    monkeypatch.delenv("HCLOUD_ENDPOINT", raising=False)

    def set_config(changes: dict[str, Any] | None = None) -> None:
        values = laid_over(GOOD, changes or {})
        plain = {k: _text(v) for k, v in values.items() if v is not None}
        pulumi.runtime.set_all_config(plain, [key for key in plain if key in SECRET])

    yield set_config
    pulumi.runtime.set_all_config({})
