"""A change of sshNetworks that would shut out the one who makes it."""

from __future__ import annotations

from typing import Any

import pytest

from common.changes import Change, Op
from infra.guard import ssh_lockout

OURS = "203.0.113.7"


def _rules(*networks: str) -> dict[str, Any]:
    web = {"direction": "in", "protocol": "tcp", "port": "443", "sourceIps": ["0.0.0.0/0"]}
    ssh = {"direction": "in", "protocol": "tcp", "port": "22", "sourceIps": list(networks)}
    return {"rules": [web, ssh]}


def _change(old: tuple[str, ...], new: tuple[str, ...]) -> Change:
    kind = "hcloud:index/firewall:Firewall"
    return Change(Op.UPDATE, kind, "firewall", _rules(*old), _rules(*new), frozenset({"rules"}))


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ours, as the server and as this machine see it."""
    made = [OURS]
    monkeypatch.setattr(ssh_lockout, "_addresses", lambda: tuple(made))
    return made


@pytest.mark.usefixtures("addresses")
def test_whoever_shuts_himself_out_has_to_say_so() -> None:
    """By the address, with what would be right."""
    (found,) = ssh_lockout.shut_out(
        _change((f"{OURS}/32", "198.51.100.0/24"), ("198.51.100.0/24",))
    )
    assert f"it shuts SSH to {OURS}" in found.why
    assert f"add {OURS}/32 to nutri:sshNetworks" in found.why
    assert found.acknowledge == "ssh"


@pytest.mark.usefixtures("addresses")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("203.0.113.0/24",), ("203.0.113.0/28",)),
        (("203.0.113.0/24", "198.51.100.0/24"), ("203.0.113.0/24",)),
        (("198.51.100.0/24",), ("198.51.100.0/24", "192.0.2.0/24")),
    ],
)
def test_as_long_as_a_way_in_is_left_nothing_is_said(
    old: tuple[str, ...], new: tuple[str, ...]
) -> None:
    """Narrower, fewer, or more of them."""
    assert ssh_lockout.shut_out(_change(old, new)) == []


def test_behind_others_the_own_address_counts(addresses: list[str]) -> None:
    """Where what the server sees is none that the rules let in, it was translated on its way."""
    addresses[:] = ["172.17.0.1", "127.0.0.1"]
    (found,) = ssh_lockout.shut_out(_change(("127.0.0.0/8",), ("203.0.113.0/24",)))
    assert "shuts SSH to 127.0.0.1" in found.why


def test_what_nobody_can_tell_is_a_warning(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that is out already is not shut out by this change: it may be the way back in."""
    addresses.clear()
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    assert ssh_lockout.shut_out(_change((f"{OURS}/32",), ("198.51.100.0/24",))) == []
    assert "cannot be told" in said[0]


@pytest.mark.usefixtures("addresses")
def test_only_firewalls_have_a_way_in() -> None:
    """Whatever else changes is not looked at."""
    old, new = _rules(f"{OURS}/32"), _rules("198.51.100.0/24")
    assert ssh_lockout.shut_out(Change(Op.UPDATE, "hcloud:index/zone:Zone", "zone", old, new)) == []
