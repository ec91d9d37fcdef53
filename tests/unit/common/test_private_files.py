"""Keys and folders of a process that is killed: nothing of a key stays, folders go later."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common import private_files
from common.private_files import PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
KEY = "a private key of nobody"
_HOLDER = f"""
import time
from pathlib import Path
from typing import TYPE_CHECKING
from common import private_files
from common.private_files import PrivateKey
folder = private_files.folder("ssh")
key = PrivateKey({KEY!r}, Path(folder.name))
print(folder.name, key.path, flush=True)
time.sleep(60)
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, which is short enough for a socket's path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        monkeypatch.setattr(tempfile, "tempdir", made)
        monkeypatch.setenv("TMPDIR", made)
        yield Path(made)


def _holder() -> tuple[subprocess.Popen[str], Path, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    folder, key = process.stdout.readline().split()
    return process, Path(folder), Path(key)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_key_of_a_killed_process_is_gone(place: Path, number: signal.Signals) -> None:
    """Whatever killed it: it was never on a disk; the folder goes when the next one is made."""
    process, folder, key = _holder()
    assert key.read_text() == KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [one.read_text() for one in place.rglob("*") if one.is_file()]
    assert not [text for text in files if KEY in text]
    process.send_signal(number)
    process.communicate()
    assert not key.exists()
    with private_files.folder("ssh") as mine:
        assert not folder.exists()
        assert Path(mine).exists()


def test_folders_of_the_living_and_of_others_stay(place: Path) -> None:
    """Only what carries the number of a process that is no more, in our form, is removed."""
    process, folder, _ = _holder()
    named_otherwise = place / "nutri-ssh-of-somebody"
    named_otherwise.mkdir()
    private_files.sweep(place)
    assert folder.exists()
    assert named_otherwise.exists()
    process.kill()
    process.communicate()
    private_files.sweep(place)
    assert not folder.exists()


def test_a_closed_key_is_gone(tmp_path: Path) -> None:
    """Once, and as often as one likes."""
    key = PrivateKey(KEY, tmp_path)
    assert key.path.read_text() == KEY
    key.close()
    key.close()
    assert not key.path.exists()


def test_without_files_in_memory_it_lies_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On other systems: for its owner alone, and gone when closed."""
    monkeypatch.delattr(os, "memfd_create")
    key = PrivateKey(KEY, tmp_path)
    assert key.path == tmp_path / "identity"
    assert stat.S_IMODE(key.path.stat().st_mode) == 0o600
    key.close()
    assert not key.path.exists()
