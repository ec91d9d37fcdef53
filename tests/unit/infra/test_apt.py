"""The package manager is waited for while somebody else holds one of its locks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from infra.remote import program

ROOT = Path(__file__).parents[3]
LISTS = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)"
_APT = """#!/bin/bash
echo "$*" >>"{folder}/asked"
left=$(cat "{folder}/left")
[ "$left" -gt 0 ] || exit 0
echo $((left - 1)) >"{folder}/left"
echo "{says}" >&2
exit 100
"""


def _run(folder: Path, says: str, times: int, line: str, wait: int = 30) -> tuple[int, str]:
    """Run a line of a step with an `apt-get` that fails so many times with these words."""
    (folder / "left").write_text(str(times))
    for name, text in {
        "apt-get": _APT.format(folder=folder, says=says),
        "dpkg-query": f"#!/bin/sh\ngrep -q $4 {folder}/there && echo 'install ok installed'\n",
        "sleep": "#!/bin/sh\nexit 0\n",
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "there").write_text("jq\n")
    library = (ROOT / "infra/scripts/parts/apt.sh").read_text()
    script = f"{library}\napt_log={folder}/log apt_wait={wait}\n{line}"
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stderr


def test_a_lock_of_the_lists_is_waited_for(tmp_path: Path) -> None:
    """`apt-get update` too, which dpkg's own time-out does not cover."""
    assert _run(tmp_path, LISTS, 3, "apt_get update") == (0, "")
    assert len((tmp_path / "asked").read_text().splitlines()) == 4


def test_a_lock_that_stays_is_told(tmp_path: Path) -> None:
    """With a bound, and by its reason."""
    code, said = _run(tmp_path, LISTS, 99, "apt_get update", wait=0)
    assert (code, said) == (1, "apt-get update: its lock was held for 0 s\n")


def test_another_failure_is_one(tmp_path: Path) -> None:
    """It is not tried again."""
    assert _run(tmp_path, "E: Unable to locate package x", 99, "apt_get -y install x")[0] == 1
    assert len((tmp_path / "asked").read_text().splitlines()) == 1


def test_what_is_there_is_not_installed(tmp_path: Path) -> None:
    """Only what is missing, after a look at fresh lists."""
    assert _run(tmp_path, "", 0, "apt_install jq")[0] == 0
    assert not (tmp_path / "asked").exists()
    assert _run(tmp_path, "", 0, "apt_install jq htop")[0] == 0
    update, install = (tmp_path / "asked").read_text().splitlines()
    assert update.endswith("update")
    assert install.endswith("install --no-install-recommends htop")


@pytest.mark.parametrize("script", ["baseline.sh", "install-dumps.sh"])
def test_a_step_brings_what_it_uses(script: str) -> None:
    """The library travels with it, before it, and after its values."""
    text = program(script, {"A": "b"})
    assert text.index("A=b") < text.index("apt_get()") < text.index("set -euo pipefail")
