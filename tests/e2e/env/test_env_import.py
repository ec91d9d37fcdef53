"""`runbook env import` with the real engine: what is written, and what of it is readable."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.engine]

_SECRET = 'a very "special" $ecret # é 漢\nsecond line'
_FILE = f"""\
export LOG_LEVEL=debug
NUMBER=0123456
JWT_SECRET='{_SECRET}'
API_TOKEN=1234
"""


class _Project:
    """A project with one stack that is not up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Pulumi.yaml", "app.yaml"):
            shutil.copy(ROOT / name, folder)
        (folder / "state").mkdir()
        (folder / "old.env").write_text(_FILE)
        self._run("pulumi", "stack", "init", "one")

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        own = {
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",  # noqa: PTH120 - a link
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "e2e",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=os.environ | own,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def import_(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ("env", "import", "old.env", "nutri-backend", "--stack", "one", *words)
        return self._run(sys.executable, "-m", "runbook", *command)

    def value(self, path: str) -> str:
        done = self._run("pulumi", "config", "get", "--path", path, "--stack", "one")
        return done.stdout.removesuffix("\n")

    @property
    def written(self) -> str:
        return (self.folder / "Pulumi.one.yaml").read_text()


def test_an_env_file_becomes_config(tmp_path: Path) -> None:
    """Byte for byte, texts as texts, secrets as secrets, and nothing printed; again, nothing."""
    project = _Project(tmp_path)
    done = project.import_("--yes")
    assert "1234" not in done.stdout + done.stderr
    assert "special" not in done.stdout + done.stderr + project.written
    assert re.search(r"API_TOKEN:\s+secure: v1:", project.written)
    assert 'NUMBER: "0123456"' in project.written
    secrets, plain = "nutri:secrets.nutri-backend", "nutri:services.nutri-backend.variables"
    assert project.value(f"{secrets}.JWT_SECRET") == _SECRET
    assert project.value(f"{secrets}.API_TOKEN") == "1234"
    assert project.value(f"{plain}.LOG_LEVEL") == "debug"
    before = project.written
    told = json.loads(project.import_("--yes", "--json").stdout)
    assert {one["kind"] for one in told["variables"]} == {"as it is"}
    assert project.written == before
