"""Lines as Docker prints them: ended by a newline alone, long ones cut and stamped again."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.logs import parse_line, requests_command
from clients.ssh import SshClient
from tests.unit.targets import make_target

if TYPE_CHECKING:
    from pathlib import Path

_PART = 16_384
_TIMES = ("2026-01-02T03:04:05.678901234Z ", "2026-01-02T03:04:05.678901299Z ")


def stamped(text: str, *, as_json: bool = False) -> bytes:
    """A line as `docker logs --timestamps` prints it, without its newline.

    The log driver json-file, Docker's own choice, keeps text: half a character is lost there.
    """
    data = text.encode()
    parts = [data[start : start + _PART] for start in range(0, len(data), _PART)] or [b""]
    if as_json:
        parts = [part.decode(errors="replace").encode() for part in parts]
    return b"".join(_TIMES[n % 2].encode() + part for n, part in enumerate(parts))


def _streamed(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


@given(
    st.sampled_from(["a", "é", "漢", "🥗", "\r"]),
    st.integers(_PART - 40, _PART + 20) | st.integers(0, 5 * _PART),
    st.text(max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_a_line_of_any_length_is_read_whole(character: str, count: int, end: str) -> None:
    """Cut wherever, within a character too."""
    text = json.dumps({"level": "error", "x": character * count + end}, ensure_ascii=False)
    line = parse_line("r", _streamed(stamped(text)))
    assert (line.time, line.text) == (_TIMES[0].strip(), text)
    assert line.is_error


@given(st.sampled_from(["é", "漢", "🥗"]), st.integers(0, 3), st.integers(0, 60_000))
@settings(max_examples=60, deadline=None)
def test_half_a_character_does_not_hide_a_cut(character: str, offset: int, count: int) -> None:
    """It is lost, as Docker's json-file writes it down; all else is there."""
    text = json.dumps({"level": "error", "x": "a" * offset + character * count}, ensure_ascii=False)
    line = parse_line("r", _streamed(stamped(text, as_json=True)))
    assert line.is_error
    assert "2026-01-02" not in line.text
    cuts = len(text.encode()) // _PART
    assert line.text.count(character) >= count - cuts


@given(st.binary(max_size=100))
def test_bytes_that_are_no_text_can_be_printed(data: bytes) -> None:
    """Whatever a container writes."""
    line = parse_line("r", _streamed(b"2026Z " + data))
    assert isinstance(line.text.encode(), bytes)


def test_a_time_elsewhere_is_the_lines_own() -> None:
    """Only what Docker put there goes."""
    text = "x" * 100 + _TIMES[0] + "y" * _PART
    assert parse_line("r", _streamed(stamped(text))).text == text
    assert parse_line("r", f"{_TIMES[1]}{_TIMES[0]}again").text == f"{_TIMES[0]}again"


def test_a_progress_bar_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stream is split at newlines alone; a terminal gets the bar's last state."""
    said = tmp_path / "said"
    said.write_bytes(b"2026Z 10%\r2026 55%\r100%\n2026Z \x85\xe2\x80\xa8next\x0b\n2026Z last")
    monkeypatch.setattr(SshClient, "_argv", lambda *_: ["sh", "-c", f"cat {said}"])
    with SshClient(make_target(1).servers[0].ssh) as client:
        lines = [parse_line("r", one) for one in client.stream("docker logs x")]
    assert lines[0].text == "10%\r2026 55%\r100%"
    assert [one.shown for one in lines] == ["100%", "\ufffd\u2028next\x0b", "last"]


@pytest.mark.parametrize(
    ("told", "is_there"),
    [
        ({"event": "request_completed"}, True),
        ({"event": "request_failed", "duration_ms": 1}, True),
        ({"res": {"statusCode": 200}, "responseTime": 12}, True),
        ({"durationMs": 4}, True),
        ({"event": "started", "level": "info"}, False),
        ({"x": "y" * 20_000, "responseTime": 12}, True),
        ({"x": "y" * (_PART - 20), "responseTime": 12}, True),
    ],
)
def test_lines_are_picked_on_the_server(told: dict[str, Any], is_there: bool) -> None:
    """By words of theirs; a cut one in any case, for its words may be cut too."""
    pick = requests_command("x", "60s").partition(" 2>&1 | ")[2]
    data = stamped(json.dumps(told)) + b"\n"
    shell = shutil.which("sh")
    assert shell
    done = subprocess.run([shell, "-c", pick], input=data, capture_output=True, check=True)
    assert done.stdout == (data if is_there else b"")
