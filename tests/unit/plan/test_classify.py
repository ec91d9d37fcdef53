"""The judgement of a change, apart from engine and provider."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.changes import (
    Acknowledgements,
    Change,
    Downtime,
    Op,
    Risk,
    changed_keys,
    classify,
    is_guarded,
    is_watched,
    open_door,
    remedy,
)
from common.changes.acknowledgement import KINDS, PATTERN
from common.changes.losses import REFUSED, WARNED
from common.changes.model import kind
from common.changes.updates import RULES

_SERVER = "hcloud:index/server:Server"
_REQUIRED = ("Server", "Volume", "PrimaryIp", "Snapshot", "Network", "LoadBalancer", "Zone")


def _token(kind_name: str) -> str:
    package, noun = kind_name.split("/")
    return f"{package}:index/{noun[0].lower()}{noun[1:]}:{noun}"


def _update(type_token: str, old: dict[str, Any], new: dict[str, Any]) -> Change:
    return Change(Op.UPDATE, type_token, "it", old, new, changed_keys(old, new))


def _risks(change: Change) -> list[tuple[Risk, str | None]]:
    return [(found.risk, found.acknowledge) for found in classify(change)]


@pytest.mark.parametrize("noun", _REQUIRED)
@pytest.mark.parametrize("op", [Op.REPLACE, Op.DELETE])
def test_what_holds_data_or_an_address_is_not_let_go(noun: str, op: Op) -> None:
    """Whatever changes, and however it goes: it has to be acknowledged."""
    (found,) = classify(Change(op, _token(f"hcloud/{noun}"), "it"))
    assert found.acknowledge == "delete"
    assert found.risk in {Risk.DATA_LOSS, Risk.ADDRESS_LOSS}
    assert found.why.startswith(f"it would be {op.value}d: ")


@pytest.mark.parametrize("kind_name", sorted(WARNED))
def test_what_only_hurts_is_warned_of(kind_name: str) -> None:
    """A detour, an open door for a moment: no acknowledgement, but a word."""
    (found,) = classify(Change(Op.DELETE, _token(kind_name), "it"))
    assert found.acknowledge is None
    assert found.risk in {Risk.DOWNTIME, Risk.EXPOSURE}


def test_no_kind_is_refused_and_warned_of() -> None:
    """One verdict a kind."""
    assert not set(REFUSED) & set(WARNED)


@given(st.sampled_from(sorted({*REFUSED, *WARNED, *RULES, "aws/Bucket"})))
def test_a_creation_is_harmless(kind_name: str) -> None:
    """What was not there cannot be lost."""
    assert classify(Change(Op.CREATE, _token(kind_name), "it")) == ()


_PROPERTIES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(
        ["serverType", "keepDisk", "backups", "publicNets", "iso", "rescue", "networks", "name",
         "firewallIds", "placementGroupId", "labels", "deleteProtection", "autoDelete", "rules"]
    ),
    st.one_of(st.none(), st.booleans(), st.text(max_size=3), st.just([])),
)  # fmt: skip


@settings(deadline=None)  # a busy machine is no reason to fail
@given(st.sampled_from(sorted(RULES)), _PROPERTIES, _PROPERTIES)
def test_any_update_can_be_judged(kind_name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Odd values, unknown ones and missing keys are no reason to fail; gravest findings first."""
    if not all(isinstance(side.get("rules") or [], list) for side in (old, new)):
        return
    found = classify(_update(_token(kind_name), old, new))
    severities = [one.risk.severity for one in found]
    assert severities == sorted(severities, reverse=True)
    assert all(one.acknowledge in {None, *KINDS} or one.in_window for one in found)


@settings(deadline=None)
@given(_PROPERTIES)
def test_an_update_of_nothing_says_nothing(same: dict[str, Any]) -> None:
    """Equal inputs are no change, whatever they are."""
    kept = {**same, "rules": []}
    assert classify(_update(_SERVER, kept, kept)) == ()


@given(st.booleans() | st.none(), st.booleans() | st.none())
def test_backups_are_lost_exactly_when_they_go_off(old: bool | None, new: bool | None) -> None:
    """True to false, and true to unset; nothing else."""
    lost = (Risk.DATA_LOSS, "backups") in _risks(
        _update(_SERVER, {"backups": old}, {"backups": new})
    )
    assert lost == (old is True and new is not True)


@pytest.mark.parametrize("flag", ["deleteProtection", "rebuildProtection"])
def test_protection_off_wants_a_word(flag: str) -> None:
    """A server whose protection goes off is exposed to the next mistake."""
    assert _risks(_update(_SERVER, {flag: True}, {flag: False})) == [(Risk.EXPOSURE, "protection")]
    assert _risks(_update(_SERVER, {flag: False}, {flag: True})) == []


def test_a_resize_waits_for_the_window_and_with_the_disk_is_no_way_back() -> None:
    """Its acknowledgement names the new type; a growing disk is a loss of its own."""
    old, new = {"serverType": "cx33"}, {"serverType": "cx43", "keepDisk": True}
    assert _risks(_update(_SERVER, old, new)) == [(Risk.DOWNTIME, "resize-to-cx43")]
    (found,) = classify(_update(_SERVER, old, new))
    assert (found.in_window, found.needs_backup) == (True, True)
    (loss, cut) = classify(_update(_SERVER, old, {"serverType": "cx43", "keepDisk": False}))
    assert (loss.acknowledge, cut.risk) == ("keepDisk", Risk.DOWNTIME)
    assert cut.downtime == Downtime(60, 300)
    assert "cx33 becomes cx43" in cut.why


@pytest.mark.parametrize(
    ("old", "new", "loses"),
    [
        ({"ipv4Enabled": True, "ipv6Enabled": True}, {"ipv4Enabled": False}, ["ipv4"]),
        ({"ipv4Enabled": True}, {"ipv4Enabled": True, "ipv4": 7}, ["ipv4"]),
        ({"ipv4": 7}, {"ipv4": 8}, []),
        ({"ipv4": 0, "ipv6": 0}, {"ipv4Enabled": False, "ipv6Enabled": False}, ["ipv4", "ipv6"]),
    ],
)
def test_an_address_that_came_with_the_server_is_lost(
    old: dict[str, Any], new: dict[str, Any], loses: list[str]
) -> None:
    """An address with an id of its own outlives the change, an auto-made one does not."""
    found = classify(_update(_SERVER, {"publicNets": [old]}, {"publicNets": [new]}))
    lost = [one for one in found if one.acknowledge == "publicNets"]
    assert [one.why.split(" goes ")[0] for one in lost] == (
        [f"the auto-made {' and '.join(loses)}"] if loses else []
    )
    assert found[-1].risk is Risk.DOWNTIME


def _rule(port: str | None, *sources: str, protocol: str = "tcp") -> dict[str, Any]:
    return {"direction": "in", "protocol": protocol, "port": port, "sourceIps": list(sources)}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ([_rule("22", "203.0.113.7/32")], [_rule("22", "0.0.0.0/0")],
         ["closes tcp 22 for 203.0.113.7/32", "opens tcp 22 for 0.0.0.0/0"]),
        ([_rule("80-90", "::/0"), _rule("1", "::/0")], [_rule("1", "::/0")],
         ["closes tcp 80-90 for ::/0"]),
        ([], [_rule("5432", "0.0.0.0/0", "::/0")], ["opens tcp 5432 for 0.0.0.0/0, ::/0"]),
        ([], [_rule("5432", "203.0.113.7/32")], []),
        ([], [_rule("any", "203.0.113.7/32")], ["opens tcp any for 203.0.113.7/32"]),
        ([_rule("5432", "0.0.0.0/0"), _rule("1", "::/0")], [_rule("1", "::/0")], []),
        ([_rule("22", "::/0"), _rule("80", "::/0")],
         [_rule("80", "::/0"), _rule("22", "::/0")], []),
        ([_rule(None, "::/0", protocol="icmp"), _rule("1", "::/0")], [_rule("1", "::/0")], []),
        ([_rule("5000", "203.0.113.7/32")], [], ["the provider sends nothing when the last rule"]),
    ],
)  # fmt: skip
def test_rules_say_what_they_open_and_close(
    old: list[dict[str, Any]], new: list[dict[str, Any]], says: list[str]
) -> None:
    """SSH and the web always, other ports when the whole world may come in; order is nothing."""
    change = _update("hcloud:index/firewall:Firewall", {"rules": old}, {"rules": new})
    found = classify(change)
    assert len(found) == len(says)
    for one, start in zip(found, says, strict=True):
        assert one.why.startswith(start)


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        (_SERVER, "hcloud/Server"),
        ("pulumi-python:dynamic/nutri:KeyPair", "nutri/KeyPair"),
        ("command:remote:Command", "command/Command"),
        ("nonsense", "nonsense"),
    ],
)
def test_kinds_are_package_and_noun(token: str, wanted: str) -> None:
    """The engine's tokens, the provider's and ours."""
    assert kind(token) == wanted


def test_only_known_kinds_are_hooked() -> None:
    """What cannot lose anything is left alone."""
    assert is_guarded("pulumi-python:dynamic/nutri:RandomSecret")
    assert not is_guarded("hcloud:index/firewall:Firewall")
    assert is_watched("hcloud:index/firewall:Firewall")
    assert not is_watched("hcloud:index/sshKey:SshKey")


def test_the_engines_own_keys_are_no_inputs() -> None:
    """`__defaults` may differ without any change."""
    assert changed_keys({"__defaults": [], "a": 1}, {"__defaults": ["a"], "a": 2}) == {"a"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [((60, 300), "1-5 min"), ((0, 60), "0-60 s"), ((300, 86_400), "up to 24 h")],
)
def test_downtime_is_read_at_a_glance(seconds: tuple[int, int], text: str) -> None:
    """Minutes where it takes minutes."""
    assert str(Downtime(*seconds)) == text


def test_an_acknowledgement_is_for_one_loss_of_one_resource() -> None:
    """Neither another resource nor another loss is covered."""
    given_ones = Acknowledgements(("web:backups",))
    assert given_ones.cover("web", "backups")
    assert not given_ones.cover("web", "delete")
    assert not given_ones.cover("db", "backups")


def test_everything_may_be_deleted_by_one_word() -> None:
    """The word before a destroy covers deletions only."""
    given_ones = Acknowledgements(("*:delete",))
    assert given_ones.cover("web", "delete")
    assert not given_ones.cover("web", "backups")
    assert given_ones.entry("web", "delete") == "*:delete"


def test_lifting_protect_acknowledges_protection_going_off() -> None:
    """The setting is a deliberate word of its own; it covers nothing else."""
    assert Acknowledgements(protect=False).cover("web", "protection")
    assert not Acknowledgements().cover("web", "protection")
    assert not Acknowledgements(protect=False).cover("web", "delete")


@pytest.mark.parametrize("entry", ["web:delete", "*:delete", "nutri-backend-1:keepDisk"])
def test_good_entries(entry: str) -> None:
    """Resource and loss."""
    assert PATTERN.fullmatch(entry)


@pytest.mark.parametrize("entry", ["web", "web:replace", ":delete", "*:backups", "a b:delete"])
def test_bad_entries(entry: str) -> None:
    """No loss of that name, no resource, no wildcard but the one."""
    assert not PATTERN.fullmatch(entry)


def test_an_open_door_is_called_one() -> None:
    """The one word for everything says so, other entries say that they do nothing."""
    assert "lets everything of the stack go" in open_door("*:delete")
    assert "web:delete acknowledges nothing that changes" in open_door("web:delete")


def test_the_remedy_can_be_pasted_into_a_shell() -> None:
    """The star would be the shell's."""
    assert remedy("*:delete", 2) == "pulumi config set --path 'nutri:acknowledge[2]' '*:delete'"


_APPLICATION = "pulumi-python:dynamic/coolify:Application"
_REPLICAS = "pulumi-python:dynamic/coolify:Replicas"


def test_volumes_that_go_are_data() -> None:
    """Taken out of the config, or with a replica; another folder for one is none lost."""
    old = {"volumes": {"cache": "/cache", "more": "/more"}}
    (loss,) = classify(_update(_APPLICATION, old, {"volumes": {"cache": "/other"}}))[:1]
    assert (loss.risk, loss.acknowledge) == (Risk.DATA_LOSS, "volumes")
    assert "without its volumes more" in loss.why
    kept = classify(_update(_APPLICATION, old, {"volumes": {"cache": "/x", "more": "/y"}}))
    assert {one.risk for one in kept} == {Risk.NONE}
    fewer = {"count": 2, "volumes": ["cache"]}, {"count": 1, "volumes": ["cache"]}
    assert [one.acknowledge for one in classify(_update(_REPLICAS, *fewer))] == ["volumes"]
    assert classify(_update(_REPLICAS, *reversed(fewer))) == ()
    (gone,) = classify(Change(Op.DELETE, _APPLICATION, "x-1", old))
    assert (gone.risk, gone.acknowledge) == (Risk.DATA_LOSS, None)
    assert classify(Change(Op.DELETE, _APPLICATION, "x-1", {"volumes": {}})) == ()


def test_variables_of_the_dashboard_are_told() -> None:
    """They stay, with a warning, until the program was told to let them go."""
    old = {"drift": ["A (0123) is set there alone"]}
    (told,) = classify(_update(_APPLICATION, old, {"drift": [], "agreed": False}))
    assert (told.risk, told.acknowledge) == (Risk.EXPOSURE, None)
    assert "A (0123) is set there alone" in told.why
    assert "it:variables" in told.why
    (loss,) = classify(_update(_APPLICATION, old, {"drift": [], "agreed": True}))
    assert (loss.risk, loss.acknowledge) == (Risk.DATA_LOSS, "variables")


def test_a_service_that_stops_first_is_away() -> None:
    """As long as its own numbers say."""
    new = {
        "tag": "b",
        "rollout": "stop-first",
        "health": {"start_period": 300},
        "stop_grace_seconds": 30,
    }
    (cut,) = classify(_update(_APPLICATION, {**new, "tag": "a"}, new))
    assert (cut.risk, str(cut.downtime)) == (Risk.DOWNTIME, "5-6 min")
