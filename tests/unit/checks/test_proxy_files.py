"""A file that the proxy cannot read is named; one that was mended since is not."""

from __future__ import annotations

import pytest

from checks import proxy_files
from checks.verdict import Status
from tests.unit.targets import make_target

_SAID = (
    "2026-11-30T20:37:44.123456789Z 2026-11-30T20:37:44Z ERR Error occurred during watcher callback"
    ' error="/traefik/dynamic/theirs.yaml: field not found, node: rulee" providerName=file\n'
)
_AT = 1796071064.1
TARGET = make_target(1)
SERVER = TARGET.servers[0]


def _judged(files: str, said: str = "", kept: str = "") -> tuple[Status, str]:
    output = f"@@ files\n{files}@@ said\n{said}@@ kept\n{kept}"
    verdict = proxy_files.judge(SERVER, proxy_files.parse(output), TARGET)
    return verdict.status, verdict.message


def test_files_that_are_read_are_green() -> None:
    """However many there are."""
    state, said = _judged(f"{_AT} coolify.yaml\n{_AT} theirs.yaml\n")
    assert (state, said) == (Status.GREEN, "all 2 files are read")


def test_a_broken_file_is_named_with_its_reason() -> None:
    """In the words of the proxy, and what follows from it."""
    state, said = _judged(f"{_AT - 1} theirs.yaml\n", _SAID)
    assert state is Status.RED
    assert "/data/coolify/proxy/dynamic/theirs.yaml: field not found, node: rulee" in said
    assert "it heeds no change of any file" in said


@pytest.mark.parametrize("files", [f"{_AT + 5} theirs.yaml\n", f"{_AT - 1} others.yaml\n"])
def test_a_file_that_was_mended_or_moved_is_no_more_to_blame(files: str) -> None:
    """What the proxy said before is history."""
    assert _judged(files, _SAID)[0] is Status.GREEN


def test_a_route_past_containers_that_nobody_keeps_is_red() -> None:
    """Kept, it is a deploy under way."""
    files = f"{_AT} nutri-drain-web.yaml\n"
    assert _judged(files)[0] is Status.RED
    kept = "nutri-drain-web.service loaded active running /usr/bin/python3\n"
    assert _judged(files, kept=kept)[0] is Status.GREEN
