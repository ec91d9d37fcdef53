"""What Hetzner refused is noted on the address that waits, and read from there."""

from __future__ import annotations

import json

import httpx
import pytest
import respx

from infra import state
from infra.servers import refusals
from infra.servers.refusals import FirstServer, Refused

_FSN, _NBG = Refused("fsn1", "cx33"), Refused("nbg1", "cpx32")
_ADDRESS = "hcloud:index/primaryIp:PrimaryIp"


def test_labels_are_read_back() -> None:
    """And no other label is taken for one."""
    made = refusals.labels([_FSN, _NBG])
    assert refusals.noted(made | {"app": "nutri", "refused": "no"}) == {_FSN, _NBG}


def test_labels_are_what_hetzner_takes() -> None:
    """Letters, digits and '-', 63 at most."""
    (label,) = refusals.labels([_FSN])
    assert label == "refused-fsn1-cx33"


@respx.mock(base_url="http://hetzner.test/v1")
def test_one_more_is_noted_beside_what_was_known(respx_mock: respx.Router) -> None:
    """The labels the address has stay: those that this run took off are put on again."""
    address = {"id": 7, "labels": {"mine": "yes"}}
    page = {"pagination": {"next_page": None}}
    respx_mock.get("/primary_ips", params={"name": "nutri-x-ipv4"}).mock(
        return_value=httpx.Response(200, json={"primary_ips": [address], "meta": page})
    )
    put = respx_mock.put("/primary_ips/7").mock(return_value=httpx.Response(200, json={}))
    FirstServer("http://hetzner.test/v1", "t", "nutri-x-ipv4", frozenset({_FSN})).note(_NBG)
    assert json.loads(put.calls.last.request.content) == {
        "labels": {"mine": "yes", "refused-fsn1-cx33": "yes", "refused-nbg1-cpx32": "yes"}
    }


@pytest.mark.parametrize(
    ("urns", "free"),
    [
        ((), True),
        (("urn:pulumi:x::nutri::hcloud:index/primaryIp:PrimaryIp::ipv4",), True),
        (("urn:pulumi:x::nutri::hcloud:index/server:Server::server",), False),
        (
            ("urn:pulumi:x::nutri::nutri:infra:Platform$command:remote:Command::wait-for-boot",),
            False,
        ),
    ],
)
def test_addresses_are_free_until_there_is_a_server(
    monkeypatch: pytest.MonkeyPatch, urns: tuple[str, ...], *, free: bool
) -> None:
    """One that was lost, and went from the state by a refresh, counts."""
    monkeypatch.setattr(state, "known_urns", lambda: frozenset(urns))
    first = FirstServer("http://hetzner.test/v1", "t", "nutri-x-ipv4")
    assert first.frees(_ADDRESS) is free
    assert not first.frees("hcloud:index/server:Server")
