"""The guard's hooks, called as the engine calls them."""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pulumi
import pulumi.runtime
import pytest

from common.changes import Acknowledgements, Change, Op, classify
from infra import state
from infra.guard import transform as guards
from infra.guard.transform import Guard, GuardError
from infra.servers.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from infra.servers.refusals import FirstServer
    from infra.servers.resize import Resizes

pytestmark = pytest.mark.usefixtures("hooks_register")

T = TypeVar("T")
_SERVER = "hcloud:index/server:Server"
_ADDRESS = "hcloud:index/primaryIp:PrimaryIp"
_FIREWALL = "hcloud:index/firewall:Firewall"
_SUNDAY = datetime(2026, 11, 29, 2, 30, tzinfo=UTC)  # in the maintenance window
_MONDAY = datetime(2026, 11, 30, 2, 30, tzinfo=UTC)
_RESIZE = ({"serverType": "a", "keepDisk": True}, {"serverType": "b", "keepDisk": True})


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a hook on a loop of its own, which other tests' loops do not notice."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects the warnings."""
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    return warnings


class _Api:
    """Hetzner's API as far as resizes go, and what was asked of it."""

    def __init__(self, problem: str | None = None) -> None:
        self.problem = problem
        self.done: list[str] = []

    def backup_problem(self, server: int) -> str | None:
        """As told."""
        self.done.append(f"looked at {server}")
        return self.problem

    def shut_down(self, server: int) -> bool:
        """Note it."""
        self.done.append(f"shut down {server}")
        return True

    def start(self, server: int) -> None:
        """Note it."""
        self.done.append(f"started {server}")


def _guard(
    *given: str,
    protect: bool = True,
    exists: bool = True,
    now: datetime = _SUNDAY,
    api: _Api | None = None,
    reporting: bool = False,
) -> Guard:
    agreed = Acknowledgements(given, protect=protect, now=lambda: now)
    resizes = cast("Resizes", api or _Api())
    return Guard(agreed, resizes, lambda _urn: exists, reporting=reporting)


def _hooked(type_token: str = _SERVER, **properties: Any) -> pulumi.ResourceHookArgs:  # noqa: ANN401
    return pulumi.ResourceHookArgs("urn:x", "1", "web", type_token, **properties)


def _update(guard: Guard, old: dict[str, Any], new: dict[str, Any]) -> None:
    _run(guard.before_update(_hooked(old_inputs=old, old_outputs=old, new_inputs=new)))


def _attached(guard: Guard, type_token: str, **props: object) -> pulumi.ResourceOptions | None:
    args = pulumi.ResourceTransformationArgs(
        resource=cast("pulumi.Resource", None),
        type_=type_token,
        name="web",
        props=props,
        opts=pulumi.ResourceOptions(protect=True),
    )
    result = guard.attach(args)
    return result.opts if result else None


def test_a_first_creation_is_free() -> None:
    """What is not there yet cannot be lost."""
    _guard(exists=False).before_create(_hooked())


def test_a_second_creation_is_a_replacement() -> None:
    """The engine does not tell; the state does."""
    with pytest.raises(GuardError, match="it would be replaced: its disk"):
        _guard().before_create(_hooked())


def test_the_state_is_not_asked_where_all_was_agreed_to() -> None:
    """An acknowledged replacement needs no look."""
    agreed = Acknowledgements(("web:delete",))
    guard = Guard(agreed, cast("Resizes", _Api()), lambda _urn: pytest.fail("asked"))
    guard.before_create(_hooked())


def test_a_refusal_lists_every_loss_with_a_command_each() -> None:
    """Two losses at once are two commands that can be pasted one after the other."""
    with pytest.raises(GuardError) as caught:
        _update(
            _guard("ipv4:delete"),
            {"backups": True, "serverType": "cx33"},
            {"backups": False, "serverType": "cx43"},
        )
    text = str(caught.value)
    assert text.startswith("refused, web was not touched:")
    assert "--path 'nutri:acknowledge[1]' web:" in text
    assert "--path 'nutri:acknowledge[2]' web:" in text
    told = [line for line in text.splitlines() if line.startswith("  - ")]
    assert len(told) == 2
    assert "None" not in text


def test_a_loss_that_no_window_allows_names_no_window() -> None:
    """Only what may happen in it by itself is told when it may."""
    with pytest.raises(GuardError) as caught:
        _run(_guard().before_delete(_hooked()))
    assert "maintenance window" not in str(caught.value)


def test_a_report_unprotects_what_is_guarded_alone() -> None:
    """The rest is shown as it is."""
    seen: dict[str, pulumi.ResourceTransformationResult | None] = {}
    for token in (_SERVER, _FIREWALL):
        args = pulumi.ResourceTransformationArgs(
            resource=cast("pulumi.Resource", None),
            type_=token,
            name="web",
            props={},
            opts=pulumi.ResourceOptions(protect=True),
        )
        seen[token] = guards.unprotect(args)
    assert seen[_FIREWALL] is None
    shown = seen[_SERVER]
    assert shown is not None
    assert shown.opts.protect is False


def test_the_hooks_that_refuse_run_in_previews() -> None:
    """So that a refusal comes before anything is touched."""
    guard = _guard()
    for hook in (guard._create, guard._update, guard._delete):
        assert hook.opts is not None
        assert hook.opts.on_dry_run is True


def test_hooks_find_their_modules_when_the_program_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine's host takes the program's folder off the path; it is there besides, once."""
    folder = str(Path(guards.__file__).absolute().parents[2])
    monkeypatch.setattr(sys, "path", [folder, "/elsewhere"])
    guards._keep_in_reach()
    guards._keep_in_reach()
    assert sys.path == [folder, "/elsewhere", folder]


def test_a_secret_is_judged_by_its_value() -> None:
    """A value marked as secret comes wrapped."""

    async def update() -> None:
        old: dict[str, Any] = {"serverType": pulumi.Output.secret("cx43")}
        new = {"serverType": "cx43", "backups": False}
        args = _hooked(old_inputs=old, old_outputs={"backups": True}, new_inputs=new)
        with pytest.raises(GuardError) as caught:
            await _guard().before_update(args)
        assert "ALL existing backups" in str(caught.value)
        assert "becomes" not in str(caught.value)

    _run(update())


def test_a_warning_without_downtime_names_none(said: list[str]) -> None:
    """Only what takes the app away says for how long."""
    _update(_guard(protect=False), {"deleteProtection": True}, {"deleteProtection": False})
    assert "(exposure)" in said[0]


def test_what_only_hurts_is_warned_of(said: list[str]) -> None:
    """A resize within the window is told and let through."""
    _update(_guard(), *_RESIZE)
    assert len(said) == 1
    assert "web: a becomes b: it is shut down, changed and started" in said[0]
    assert re.search(r"\(downtime, [^)]+ of downtime\)", said[0]), said


def test_a_resize_outside_the_window_is_refused() -> None:
    """With the window and the entry that would agree; nobody shuts anything down."""
    api = _Api()
    with pytest.raises(GuardError) as caught:
        _update(_guard(now=_MONDAY, api=api), *_RESIZE)
    assert "It may happen Sunday 02:00-04:00 UTC, the maintenance window." in str(caught.value)
    assert "'nutri:acknowledge[0]' web:resize-to-b" in str(caught.value)
    assert api.done == ["looked at 1"]


def test_a_resize_that_would_outlast_the_window_is_refused() -> None:
    """Three minutes before its end are too few."""
    late = _SUNDAY.replace(hour=3, minute=57)
    with pytest.raises(GuardError, match="web:resize-to-b"):
        _update(_guard(now=late), *_RESIZE)


def test_an_acknowledged_resize_happens_at_any_time(said: list[str]) -> None:
    """The entry names the type: it is no word about the next resize."""
    api = _Api()
    guard = _guard("web:resize-to-b", now=_MONDAY, api=api)
    _update(guard, *_RESIZE)
    assert api.done == ["looked at 1", "shut down 1"]
    guard.say_what_is_left()
    assert said[-1].startswith("web:resize-to-b is spent")
    with pytest.raises(GuardError, match="web:resize-to-a"):
        _update(guard, *reversed(_RESIZE))


def test_a_preview_shuts_nothing_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """But it looks for the backup, so that it refuses what the update would."""
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    api = _Api()
    _update(_guard(api=api), *_RESIZE)
    assert api.done == ["looked at 1"]


def test_without_a_fresh_backup_nothing_is_resized() -> None:
    """Whatever was acknowledged, and within the window too."""
    api = _Api("no backup; make one: `runbook snapshot create`")
    with pytest.raises(GuardError, match="runbook snapshot create") as caught:
        _update(_guard("web:resize-to-b", api=api), *_RESIZE)
    assert "acknowledge it" not in str(caught.value)
    assert api.done == ["looked at 1"]


def test_a_spare_server_needs_no_backup() -> None:
    """It holds nothing that the next `up` would not bring back."""
    api = _Api("none")
    old, new = _RESIZE
    _update(_guard(api=api), old, new | {"labels": {"spare": "yes"}})
    assert api.done == ["shut down 1"]


def test_a_failed_resize_starts_the_server_again(said: list[str]) -> None:
    """Sold out, say: the provider leaves it off, and would not try again by itself."""
    api = _Api()
    guard = _guard(api=api)
    _update(guard, *_RESIZE)
    failed = pulumi.ErrorHookArgs("urn:x", "1", "web", _SERVER)
    assert _run(guard.on_error(failed)) is False
    assert api.done[-1] == "started 1"
    assert "the server is started as it was" in said[-1]
    assert _run(guard.on_error(failed)) is False
    assert api.done.count("started 1") == 1


def test_a_resize_that_came_through_is_forgotten() -> None:
    """A later error of the same server is another one's."""
    api = _Api()
    guard = _guard(api=api)
    _update(guard, *_RESIZE)
    guard.after_update(_hooked())
    assert _run(guard.on_error(pulumi.ErrorHookArgs("urn:x", "1", "web", _SERVER))) is False
    assert "started 1" not in api.done


def test_lifting_protect_is_an_acknowledgement(said: list[str]) -> None:
    """Protection goes off by the setting, with a warning; by an edit it does not."""
    old, new = {"deleteProtection": True}, {"deleteProtection": False}
    _update(_guard(protect=False), old, new)
    assert "deleteProtection off" in said[0]
    with pytest.raises(GuardError, match="web:protection"):
        _update(_guard(), old, new)


@pytest.mark.parametrize(
    ("token", "flag"),
    [
        ("hcloud:index/server:Server", "deleteProtection"),
        ("hcloud:index/server:Server", "rebuildProtection"),
        ("hcloud:index/primaryIp:PrimaryIp", "deleteProtection"),
        ("hcloud:index/floatingIp:FloatingIp", "deleteProtection"),
        ("hcloud:index/volume:Volume", "deleteProtection"),
        ("hcloud:index/network:Network", "deleteProtection"),
        ("hcloud:index/loadBalancer:LoadBalancer", "deleteProtection"),
        ("hcloud:index/zone:Zone", "deleteProtection"),
        ("hcloud:index/zoneRrset:ZoneRrset", "changeProtection"),
        ("hcloud:index/storageBox:StorageBox", "deleteProtection"),
    ],
)
def test_protection_of_each_kind_wants_a_word(token: str, flag: str) -> None:
    """Not servers alone: whatever Hetzner protects stays protected until somebody says so."""
    change = Change(Op.UPDATE, token, "web", {flag: True}, {flag: False}, frozenset({flag}))
    (found,) = [one for one in classify(change) if one.acknowledge == "protection"]
    assert flag in found.why
    assert Acknowledgements().missing(change, found)
    assert not Acknowledgements(("web:protection",)).missing(change, found)


def test_spent_and_stale_entries_are_told_apart(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update both have to go; in a preview the used one is still needed."""
    guard = _guard("web:delete", "web:backups")
    _run(guard.before_delete(_hooked()))
    said.clear()
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    guard.say_what_is_left()
    assert [line.split(";")[0] for line in said] == [
        "web:backups acknowledges nothing that changes"
    ]
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    guard.say_what_is_left()
    assert said[-1].startswith("web:delete is spent")


def test_after_a_refusal_nothing_is_said_of_the_entries(said: list[str]) -> None:
    """What was never reached is not stale."""
    guard = _guard("ipv4:delete")
    with pytest.raises(GuardError):
        _run(guard.before_delete(_hooked()))
    guard.say_what_is_left()
    assert said == []


def test_a_guarded_resource_is_created_first_and_hooked_thrice() -> None:
    """Deleting first would take all that hangs on it before the hook could refuse."""
    opts = _attached(_guard(), _SERVER)
    assert opts is not None
    assert opts.hooks is not None
    assert opts.protect is True
    assert opts.delete_before_replace is False
    hooks = (opts.hooks.before_create, opts.hooks.before_update, opts.hooks.before_delete)
    assert [len(bound or []) for bound in hooks] == [1, 1, 1]


def test_an_acknowledged_replacement_goes_the_providers_way() -> None:
    """Name and address are free only once the old one is gone."""
    opts = _attached(_guard("web:delete"), _SERVER)
    assert opts is not None
    assert opts.delete_before_replace is None


def test_a_destroy_needs_no_program_once_all_may_go() -> None:
    """Delete hooks would make the engine ask for the program."""
    opts = _attached(_guard("*:delete"), _SERVER)
    assert opts is not None
    assert opts.hooks is not None
    assert not opts.hooks.before_delete


def test_the_rest_is_left_alone() -> None:
    """Only updates of what may say something, and nothing of what may not."""
    opts = _attached(_guard(), _FIREWALL)
    assert opts is not None
    assert opts.delete_before_replace is None
    assert _attached(_guard(), "hcloud:index/sshKey:SshKey") is None


def test_the_keys_of_a_spare_server_go_with_it() -> None:
    """They are good for nothing without it; the key of the first one is."""
    key = "pulumi-python:dynamic/nutri:KeyPair"
    assert _attached(_guard(), key, spare=True) is None
    assert _attached(_guard(), key) is not None
    assert classify(Change(Op.DELETE, key, "host-key-2", {"spare": True})) == ()
    assert classify(Change(Op.DELETE, key, "host-key", {}))


class _First:
    """The first server, not there yet, and what was done about it."""

    def __init__(self, *, free: bool = True) -> None:
        self.free = free
        self.done: list[object] = []

    def frees(self, type_token: str) -> bool:
        """Addresses alone."""
        return self.free and type_token == _ADDRESS

    def release(self, number: int) -> None:
        """Note it."""
        self.done.append(number)

    def note(self, refused: Refused) -> None:
        """Note it."""
        self.done.append(refused)


def _waiting(first: _First) -> Guard:
    return Guard(
        Acknowledgements(protect=True),
        cast("Resizes", _Api()),
        lambda _urn: True,
        first=cast("FirstServer", first),
    )


def test_an_address_that_led_nowhere_may_go() -> None:
    """It follows its server to another location; Hetzner is told to let it go."""
    first = _First()
    guard = _waiting(first)
    opts = _attached(guard, _ADDRESS)
    assert opts is not None
    assert opts.delete_before_replace is True  # the name is free only then
    guard.before_create(_hooked(_ADDRESS))
    _run(guard.before_delete(_hooked(_ADDRESS)))
    assert first.done == [1]
    with pytest.raises(GuardError, match="its disk"):
        _run(guard.before_delete(_hooked()))


def test_a_preview_lifts_no_protection(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what would go; Hetzner is told nothing before the update itself."""
    first = _First()
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    _run(_waiting(first).before_delete(_hooked(_ADDRESS)))
    assert first.done == []


def test_an_address_that_was_in_use_may_not() -> None:
    """Though the first server is lost: names and others' firewalls know it."""
    first = _First(free=False)
    guard = _waiting(first)
    with pytest.raises(GuardError, match="the address goes for good"):
        _run(guard.before_delete(_hooked(_ADDRESS)))
    with pytest.raises(GuardError, match="the address goes for good"):
        guard.before_create(_hooked(_ADDRESS))
    assert first.done == []


@pytest.mark.parametrize(
    ("name", "error", "noted"),
    [
        ("server", "no room (resource_unavailable, 1a2b)", [Refused("fsn1", "cx33")]),
        ("server", "error during placement (placement_error, 1a2b)", [Refused("fsn1", "cx33")]),
        ("server", "too many servers (resource_limit_exceeded, 1a2b)", []),
        ("server-2", "no room (resource_unavailable, 1a2b)", []),
    ],
)
def test_a_refused_first_server_is_noted(
    said: list[str], name: str, error: str, noted: list[Refused]
) -> None:
    """For the next run to pass it over; other failures are no reason to."""
    first = _First()
    args = pulumi.ErrorHookArgs(
        "urn:x",
        "",
        name,
        _SERVER,
        new_inputs={"location": "fsn1", "serverType": "cx33"},
        failed_operation="create",
        errors=[error],
    )
    assert _run(_waiting(first).on_error(args)) is False
    assert first.done == noted
    assert len([line for line in said if "`pulumi up` again" in line]) == len(noted)


def test_a_report_lets_everything_through() -> None:
    """`runbook plan` judges by itself, and has to see the whole."""
    guard = _guard(reporting=True)
    _run(guard.before_delete(_hooked()))
    guard.before_create(_hooked())


@pytest.mark.parametrize(("dry", "lets_through"), [(True, True), (False, False)])
def test_only_a_preview_can_be_a_report(
    monkeypatch: pytest.MonkeyPatch, *, dry: bool, lets_through: bool
) -> None:
    """The variable in the environment of an update opens nothing."""
    registered: list[Any] = []
    monkeypatch.setattr(pulumi.runtime, "register_stack_transformation", registered.append)
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: dry)
    monkeypatch.setenv(guards.REPORT, "report")
    guards.install_with(Acknowledgements(), cast("Resizes", _Api()))
    assert (registered == [guards.unprotect]) is lets_through


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:  # noqa: ANN401
    """A `pulumi` that prints what it is given; the stack's names are made up."""
    for name in ("get_organization", "get_project", "get_stack"):
        monkeypatch.setattr(pulumi, name, lambda name=name: name)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    state._deployment.cache_clear()
    state.known_urns.cache_clear()

    def export(text: str, code: int = 0) -> None:
        program = tmp_path / "pulumi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")
        program.chmod(0o755)

    yield export
    state._deployment.cache_clear()
    state.known_urns.cache_clear()


def test_what_an_interrupted_replacement_left_behind_does_not_exist(exported: Any) -> None:  # noqa: ANN401
    """It is gone already, or marked to go: making it again replaces nothing."""
    exported(
        '{"deployment": {"resources": [{"urn": "a"}, {"urn": "b", "delete": true},'
        ' {"urn": "c", "pendingReplacement": true}]}}'
    )
    assert state.known_urns() == {"a"}


@pytest.mark.parametrize(("text", "code"), [("not json", 0), ("{}", 0), ("", 1)])
def test_an_unreadable_state_is_told_and_stops_nothing(
    exported: Any,  # noqa: ANN401
    said: list[str],
    text: str,
    code: int,
) -> None:
    """The hook before the deletion still refuses."""
    exported(text, code)
    assert state.known_urns() == frozenset()
    assert "cannot be read" in said[0]
