"""A disk of before the SSH key was changed: today's key is brought in, the old one taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest
from pydantic import SecretStr

from clients.ssh import SshPermissionDeniedError
from common.waiting import WaitTimeoutError, without_pauses
from runbook.rotate import former_keys
from runbook.rotate.ssh_key import FORMER, new_key, public_of

if TYPE_CHECKING:
    from common.target import ServerTarget, SshTarget
    from tests.unit.runbook.rotate.conftest import FakeScene

FIRST, SECOND, TODAY = (new_key() for _ in range(3))


@dataclass
class _Disk:
    """What root's list on the disk that was put back holds."""

    admitted: set[str]

    def __call__(self, way: SshTarget, **_: object) -> _Ssh:
        return _Ssh(self, way)


@dataclass
class _Ssh:
    disk: _Disk
    way: SshTarget

    def __enter__(self) -> Self:
        if public_of(self.way.private_key.get_secret_value()) not in self.disk.admitted:
            raise SshPermissionDeniedError("it does not accept the key")
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, command: str, *, stdin: str = "", **_: object) -> None:
        known, said = self.disk.admitted, stdin.strip()
        if "grep -qxF" in command:
            known.add(said)
        elif "grep -vF" in command:
            self.disk.admitted = {one for one in known if said not in one}


@pytest.fixture
def server(scene: FakeScene) -> ServerTarget:
    """With today's key."""
    one = scene.target.servers[0]
    ssh = one.ssh.model_copy(update={"private_key": SecretStr(TODAY)})
    return one.model_copy(update={"ssh": ssh})


def _disk(monkeypatch: pytest.MonkeyPatch, *keys: str) -> _Disk:
    made = _Disk({public_of(key) for key in keys})
    monkeypatch.setattr("runbook.rotate.former_keys.SshClient", made)
    return made


@pytest.mark.parametrize("known", [(FIRST,), (SECOND,), (FIRST, SECOND)])
def test_an_old_disk_lets_todays_key_in_alone(
    server: ServerTarget, monkeypatch: pytest.MonkeyPatch, known: tuple[str, ...]
) -> None:
    """Whichever key of before it knows."""
    disk = _disk(monkeypatch, *known)
    said = former_keys.bring_in(server, [FIRST, SECOND], 1)
    assert disk.admitted == {public_of(TODAY)}
    assert "those of before are out" in said


def test_a_disk_of_today_is_left_alone(
    server: ServerTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator's own key in it too."""
    disk = _disk(monkeypatch, TODAY, SECOND)
    assert former_keys.bring_in(server, [FIRST], 1) == "it knows today's SSH key"
    assert disk.admitted == {public_of(TODAY), public_of(SECOND)}


def test_a_disk_that_knows_none_is_told(
    server: ServerTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is left: a newer image."""
    _disk(monkeypatch, FIRST)
    with without_pauses(), pytest.raises(WaitTimeoutError, match="with a newer image"):
        former_keys.bring_in(server, [SECOND], 1)


def test_the_keys_of_before_are_read_from_the_config(scene: FakeScene) -> None:
    """None before the first rotation."""
    assert former_keys.of(scene.config) == []  # type: ignore[arg-type]
    scene.config.values[FORMER] = {"a": FIRST, "b": SECOND}
    assert former_keys.of(scene.config) == [FIRST, SECOND]  # type: ignore[arg-type]
