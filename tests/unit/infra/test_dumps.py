"""Settings of the dumps, and what the program registers for them."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from config import settings
from infra import stack_config
from infra.backup import program

if TYPE_CHECKING:
    from collections.abc import Callable

    Configure = Callable[..., None]

ON: dict[str, Any] = {
    "nutri:dumps": True,
    "nutri:resticPassword": "a-restic-password",
    "nutri:databaseDirectUrl": "postgresql://postgres:secret@db.test:5432/postgres",
}


def _problems() -> list[str]:
    return settings.parse(stack_config.read())[1]


def test_dumps_with_all_they_need(configure: Configure) -> None:
    """A Storage Box in Helsinki, daily, by default."""
    configure(ON)
    parsed, problems = settings.parse(stack_config.read())
    assert problems == []
    assert parsed is not None
    assert (parsed.dump_repository, parsed.dump_location) == ("storage-box", "hel1")


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"nutri:resticPassword": None}, "nutri:resticPassword", "--secret"),
        ({"nutri:databaseDirectUrl": None}, "nutri:databaseDirectUrl", "direct connection"),
        ({"nutri:dumpRepository": "ftp://x"}, "nutri:dumpRepository", "s3:https://host/bucket"),
        ({"nutri:dumpRepository": "s3:https://s3.test/b"}, "nutri:dumpKeyId", "needs a key"),
        ({"nutri:dumpRepository": "sftp://u@b.test:23/n"}, "nutri:dumpSshKey", "logs in"),
        ({"nutri:dumpSchedule": "'; reboot"}, "nutri:dumpSchedule", "01:15:00 UTC"),
        ({"nutri:dumpLocation": "nbg1"}, "nutri:dumpLocation", "'fsn1' or 'hel1'"),
        ({"nutri:dumpHostKey": "nonsense"}, "nutri:dumpHostKey", "ssh-ed25519"),
        ({"nutri:dumpKeep": {"daily": 0}}, "nutri:dumpKeep[daily]", "greater"),
        ({"nutri:restore": "yes"}, "nutri:restore", "'none' or 'latest'"),
        ({"nutri:dumps": False, "nutri:restore": "latest"}, "nutri:restore", "needs the dumps"),
    ],
)
def test_each_mistake_is_named(
    configure: Configure, changes: dict[str, Any], place: str, words: str
) -> None:
    """One at a time, with what would be right."""
    configure(ON | changes)
    told = [line for line in _problems() if line.startswith(place)]
    assert told, _problems()
    assert words in told[0]


def test_without_dumps_nothing_is_missing(configure: Configure) -> None:
    """They are off unless asked for."""
    configure()
    assert _problems() == []


def test_the_program_is_the_same_from_the_same_sources() -> None:
    """Else every `pulumi up` would install it anew."""
    assert program.build() == program.build()
    packed = io.BytesIO(base64.b64decode(program.build()))
    assert {"__main__.py", "agent/dumps/main.py"} <= set(zipfile.ZipFile(packed).namelist())
