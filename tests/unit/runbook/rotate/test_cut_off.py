"""Cut off after any step, somebody still gets in; and the same command brings it to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pytest
from pydantic import SecretStr

from clients.coolify.errors import CoolifyDeniedError
from clients.ssh import SshPermissionDeniedError
from runbook.rotate import rotate
from runbook.rotate.coolify_token import CoolifyToken
from runbook.rotate.journal import SETTING
from runbook.rotate.ssh_key import FORMER, SshKey, new_key, public_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import SshTarget, Target
    from runbook.rotate import Rotation
    from tests.unit.runbook.rotate.conftest import FakeScene


class _PoweredOffError(Exception):
    """The laptop's battery is empty."""


def _cut_off_after(rotation: Rotation, number: int) -> None:
    """Take so many steps, and no more."""
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == number:
            raise _PoweredOffError

    with pytest.raises(_PoweredOffError):
        rotate(rotation, say)


@dataclass
class _World:
    """Two servers, Hetzner's keys, Coolify's tokens."""

    scene: FakeScene
    admitted: dict[str, set[str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    @property
    def target(self) -> Target:
        return self.scene.target

    def put_key(self, private: str) -> None:
        """As the update does: the outputs, and Hetzner's key of the stack's name."""
        servers = tuple(
            one.model_copy(
                update={"ssh": one.ssh.model_copy(update={"private_key": SecretStr(private)})}
            )
            for one in self.target.servers
        )
        self.scene.target = self.target.model_copy(update={"servers": servers})
        if self.keys.get("s-deploy") not in {None, public_of(private)}:
            pytest.fail("uniqueness_error: the name is taken")
        self.keys["s-deploy"] = public_of(private)

    def bring_about(self) -> None:
        """What the program does with what is noted."""
        noted = self.scene.config.values.get(SETTING, {})
        if "ssh-key" in noted:
            new = noted["ssh-key"]["new"]
            assert all(public_of(new) in one for one in self.admitted.values()), "locked out"
            self.put_key(new)
        if "coolify-token" in noted:
            assert noted["coolify-token"]["new"] in self.tokens
            coolify = self.target.coolify.model_copy(
                update={"token": SecretStr(noted["coolify-token"]["new"])}
            )
            self.scene.target = self.target.model_copy(update={"coolify": coolify})


@dataclass
class _Ssh:
    """A log-in, by whatever key is given."""

    world: _World
    way: SshTarget

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, command: str, *, stdin: str = "", **_: object) -> None:
        known = self.world.admitted[self.way.host]
        if public_of(self.way.private_key.get_secret_value()) not in known:
            raise SshPermissionDeniedError("it does not accept the key")
        if "grep -qxF" in command:
            known.add(stdin.strip())
        elif "grep -vF" in command:
            self.world.admitted[self.way.host] = {one for one in known if stdin.strip() not in one}


@dataclass
class _Api:
    """Hetzner's list of keys."""

    world: _World

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def all(self, _noun: str) -> list[dict[str, str]]:
        return [{"id": n, "name": n, "public_key": k} for n, k in self.world.keys.items()]

    def put(self, path: str, body: dict[str, str]) -> None:
        self.world.keys[body["name"]] = self.world.keys.pop(path.partition("/")[2])

    def delete(self, path: str) -> None:
        del self.world.keys[path.partition("/")[2]]


@pytest.fixture
def world(scene: FakeScene, monkeypatch: pytest.MonkeyPatch) -> _World:
    """Set up with one key, which every server lets in."""
    made = _World(scene)
    one = scene.target.servers[0]
    other = one.model_copy(
        update={"name": "s-2", "ssh": one.ssh.model_copy(update={"host": "127.0.0.2"})}
    )
    scene.target = scene.target.model_copy(update={"servers": (one, other)})
    old = new_key()
    made.put_key(old)
    made.admitted = {"127.0.0.1": {public_of(old)}, "127.0.0.2": {public_of(old)}}
    scene.on_up = made.bring_about
    module = "runbook.rotate.ssh_key"
    monkeypatch.setattr(f"{module}.SshClient", lambda way: _Ssh(made, way))
    monkeypatch.setattr("clients.hetzner.connect", lambda _target: _Api(made))
    return made


def _lets_in(world: _World) -> bool:
    """Whether the key of the outputs, or the one that is noted, opens every server."""
    noted = world.scene.config.values.get(SETTING, {}).get("ssh-key", {})
    known = {world.target.servers[0].ssh.private_key.get_secret_value(), *noted.values()}
    return any(
        all(public_of(key) in admitted for admitted in world.admitted.values()) for key in known
    )


@pytest.mark.parametrize("steps", range(1, 6))
def test_nobody_is_locked_out_wherever_it_stops(world: _World, steps: int) -> None:
    """And afterwards there is the new key alone, under the stack's own name."""
    old = world.target.servers[0].ssh.private_key.get_secret_value()
    _cut_off_after(SshKey(world.scene), steps)  # type: ignore[arg-type]
    assert _lets_in(world)
    rotate(SshKey(world.scene), lambda _line: None)  # type: ignore[arg-type]
    new = public_of(world.target.servers[0].ssh.private_key.get_secret_value())
    assert new != public_of(old)
    assert world.admitted == {"127.0.0.1": {new}, "127.0.0.2": {new}}
    assert world.keys == {"s-deploy": new}
    assert SETTING not in world.scene.config.values
    kept = world.scene.config.values[FORMER].values()
    assert [public_of(one) for one in kept] == [public_of(old)], "for disks of before"


def test_a_server_that_does_not_take_the_new_key_keeps_the_old_one(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is brought about before all have it."""
    monkeypatch.setattr("runbook.rotate.ssh_key._ADD", "true")
    with pytest.raises(Exception, match="does not let the new key in"):
        rotate(SshKey(world.scene), lambda _line: None)  # type: ignore[arg-type]
    assert world.scene.ups == 0


@pytest.fixture
def coolify(world: _World, monkeypatch: pytest.MonkeyPatch) -> _World:
    """Coolify with the token of the outputs."""
    world.tokens = {world.target.coolify.token.get_secret_value()}
    module = "runbook.rotate.coolify_token"
    monkeypatch.setattr("runbook.servers.connect", lambda server: _Ssh(world, server.ssh))
    monkeypatch.setattr(f"{module}.over", lambda _ssh, target: _Coolify(world, target))
    monkeypatch.setattr(f"{module}._sha256", lambda token: token)
    monkeypatch.setattr(_Ssh, "run", _sql)
    return world


def _sql(self: _Ssh, _command: str, *, stdin: str = "", **_: object) -> None:
    words = stdin.split("'")
    if "insert" in stdin:
        self.world.tokens.add(words[words.index("pulumi") + 2])
    else:
        self.world.tokens.discard(words[1])


@dataclass
class _Coolify:
    """Its API."""

    world: _World
    target: Any

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def get(self, path: str) -> str:
        if self.target.token.get_secret_value() not in self.world.tokens:
            raise CoolifyDeniedError("GET", path, 401, "Unauthenticated.")
        return "4.3.10"


@pytest.mark.parametrize("steps", range(1, 4))
def test_coolify_takes_the_token_of_the_outputs_wherever_it_stops(
    coolify: _World, steps: int
) -> None:
    """And afterwards the new one alone."""
    old = coolify.target.coolify.token.get_secret_value()
    current: Callable[[], str] = coolify.target.coolify.token.get_secret_value
    _cut_off_after(CoolifyToken(coolify.scene), steps)  # type: ignore[arg-type]
    assert current() in coolify.tokens
    rotate(CoolifyToken(coolify.scene), lambda _line: None)  # type: ignore[arg-type]
    new = coolify.target.coolify.token.get_secret_value()
    assert coolify.tokens == {new}
    assert new != old
