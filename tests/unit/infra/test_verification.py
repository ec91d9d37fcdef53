"""The verification's provider: what it keeps, and when it has nothing to do."""

from __future__ import annotations

from typing import Any

import pytest

import checks
from checks import Report, Result
from checks.verdict import green, red
from infra.verification import _VerificationProvider

NAME = "nutri-backend"


def _props(tag: str) -> dict[str, Any]:
    ssh = {"host": "127.0.0.1", "host_key": "ssh-ed25519 AAAA", "private_key": "x"}
    return {
        "settle_seconds": 1,
        "target": {
            "stack": "test",
            "domain": "nutri.test",
            "servers": [
                {"name": "s", "id": 1, "server_type": "cx33", "ipv4": "127.0.0.1", "ssh": ssh}
            ],
            "coolify": {"version": "4.3.10", "token": "x"},
            "hetzner": {"endpoint": "http://127.0.0.1:9", "token": "x"},
            "services": [
                {
                    "name": NAME,
                    "url": "https://api.nutri.test",
                    "image": "ghcr.test/nutri/backend",
                    "tag": tag,
                    "replicas": 1,
                    "applications": ["a"],
                }
            ],
            "expectations": {"open_ports": [], "ssh_networks": [], "shut_ports": []},
            "vantage": {},
        },
    }


@pytest.fixture
def _green(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Report("test", (Result("health", "D1", "says so", NAME, green("fine")),))
    monkeypatch.setattr(checks, "verify", lambda _, **__: good)


def _tags(outs: dict[str, Any]) -> list[str]:
    return [one["tag"] for one in outs["verified"][NAME]]


@pytest.mark.usefixtures("_green")
def test_success_records_the_tags() -> None:
    """From creation on, newest first."""
    provider = _VerificationProvider()
    first = provider.create(_props("v1")).outs or {}
    second = provider.update("test", first, _props("v2")).outs or {}
    assert _tags(first) == ["v1"]
    assert _tags(second) == ["v2", "v1"]


@pytest.mark.usefixtures("_green")
def test_the_record_is_no_change() -> None:
    """A second run with the same target is no diff, though the outputs hold more than that."""
    provider = _VerificationProvider()
    outs = provider.create(_props("v1")).outs or {}
    news = provider.check({}, {**_props("v1"), "__provider": "code"}).inputs
    assert provider.diff("test", outs, news).changes is False
    assert provider.diff("test", outs, _props("v2")).changes is True


@pytest.mark.usefixtures("_green")
def test_a_state_from_before_the_record() -> None:
    """The first update of such a stack begins the list."""
    outs = _VerificationProvider().update("test", _props("v1"), _props("v2")).outs or {}
    assert _tags(outs) == ["v2"]


def test_red_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag that failed its checks never becomes one to go back to."""
    bad = Report("test", (Result("health", "D1", "says so", NAME, red("down", "mend it")),))
    monkeypatch.setattr(checks, "verify", lambda _, **__: bad)
    with pytest.raises(Exception, match="down"):
        _VerificationProvider().update("test", _props("v1"), _props("v2"))
