"""The report page in a real browser: Chromium, headless."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from checks.measure import Measure, Unit
from checks.page import Step, Timeline, page
from checks.report import Report, Result
from checks.verdict import green, red, unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser, installed when it is missing and we may."""
    if not shutil.which("chromium") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(
                ["apt-get", "-qq", *words], check=True, capture_output=True, env=environment
            )
    found = shutil.which("chromium")
    assert found, "install chromium"
    return found


@pytest.fixture
def browse(chromium: str, tmp_path: Path) -> Callable[..., str]:
    """Open a file in a fresh browser; what it writes to its standard output."""

    def run(file: Path, *words: str) -> str:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        done = subprocess.run(
            [chromium, *_FLAGS, profile, *words, file.as_uri()],
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        )
        return done.stdout

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A page of a report with one thing wrong."""
    live = [Measure("live", str(n), 0.1 * n, Unit.SECONDS, 0.5) for n in range(1, 6)]
    age = Measure("backup age", "nutri-1", 7200.0, Unit.SECONDS, 108_000.0)
    drill = Timeline("recovery", (Step("server", 0, 40), Step("checks", 40, 9, well=False)), 3600)
    results = (
        Result("latency", "D1", "answers fast", "api", green("fast").measured(live), 0.1),
        Result("backup-age", "B1", "is young", "nutri-1", green("young").measured([age]), 0.1),
        Result("disk", "D3", "space is left", "nutri-1", red("<b>full</b>", "`runbook x`"), 0.1),
    )
    made = tmp_path / "report.html"
    made.write_text(page(Report("prod", results), drill=drill))
    return made


def test_the_browser_builds_the_page_we_mean(file: Path, browse: Callable[..., str]) -> None:
    """Headline, badges, charts and table are elements of its tree; a message is text."""
    tree = browse(file, "--dump-dom")
    assert "<h1>1 of 3 checks are red</h1>" in tree
    assert tree.count("<circle") == 5
    assert len(re.findall(r'<svg[^>]*role="img"', tree)) == 9
    for title in ("Latency of the liveness path", "Ages of backups and dumps", "Drill: recovery"):
        assert f"<h2>{title}</h2>" in tree
    assert len(re.findall(r"<tbody>.*</tbody>", tree, re.DOTALL)) == 1
    assert len(re.findall(r"<tr class=\"(?:green|red)\"", tree)) == 3
    assert "<b>full</b>" not in tree
    assert "&lt;b&gt;full&lt;/b&gt;" in tree
    assert "<code>runbook x</code>" in tree


def test_the_browser_paints_it(file: Path, tmp_path: Path, browse: Callable[..., str]) -> None:
    """A picture of the size asked for, with more on it than a blank page has."""
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html><title>blank</title>")
    sizes = {}
    for page_file in (blank, file):
        shot = tmp_path / f"{page_file.stem}.png"
        browse(page_file, "--window-size=900,700", f"--screenshot={shot}")
        data = shot.read_bytes()
        assert struct.unpack(">II", data[16:24]) == (900, 700)
        sizes[page_file.stem] = len(data)
    assert sizes["report"] > 5 * sizes["blank"]


_MEASURED = """<!doctype html><title>x</title><body style="margin:0">
<iframe id="page" style="border:0;width:{width}px;height:900px" srcdoc="{page}"></iframe>
<pre id="told"></pre><script>
page.onload = () => {{
  const inner = page.contentDocument, lefts = new Set();
  inner.querySelectorAll(".grid .card").forEach(one => lefts.add(one.getBoundingClientRect().left));
  told.textContent = JSON.stringify({{
    wide: inner.documentElement.scrollWidth,
    columns: lefts.size,
    badges: [...inner.querySelectorAll(".attention .badge")].map(one => one.textContent),
    hidden: [...inner.querySelectorAll(".attention li, .tile")].filter(
      one => one.getBoundingClientRect().width === 0).length,
  }});
}};
</script>"""


@pytest.mark.parametrize(("width", "columns"), [(390, 1), (1280, 2)])
def test_a_phone_and_a_desk_see_all_of_it(
    width: int, columns: int, tmp_path: Path, browse: Callable[..., str]
) -> None:
    """With red and unknown on it: nothing runs out of the page, and a desk has two full columns."""
    use = [Measure("cpu", f"nutri-backend-{n}", 0.1 * n, Unit.SHARE, 0.9) for n in range(1, 9)]
    long = "https://api.nutri.test/" + "a-long-path-without-any-blank/" * 6
    results = (
        Result("cpu", "D3", "cores are left", "nutri-1", green("fine").measured(use), 0.1),
        Result("health", "D1", "is healthy", "nutri-backend", red(long, "`runbook outage`"), 0.1),
        Result("ssh", "E4", "answers", "nutri-1", unknown("no answer", "`runbook server revive`")),
    )
    shown = html.escape(page(Report("prod", results)), quote=True)
    outer = tmp_path / "outer.html"
    outer.write_text(_MEASURED.format(width=width, page=shown))
    tree = browse(outer, "--dump-dom", "--window-size=1400,1000", "--virtual-time-budget=3000")
    found = re.search(r'<pre id="told">(.+?)</pre>', tree)
    assert found, tree[-500:]
    told = json.loads(html.unescape(found[1]))
    assert told.pop("wide") <= width
    assert told == {
        "columns": columns,
        "badges": ["✗ red", "? unknown"],
        "hidden": 0,
    }
