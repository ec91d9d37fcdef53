"""A stack whose secrets are changed; what a verb wrote into its config is kept."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.e2e.conftest import ROOT, Stack, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Rotating:
    """`runbook rotate` on a stack."""

    stack: Stack

    def __call__(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run it, with the new value on standard input."""
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "runbook",
                "rotate",
                *words,
                "--yes",
                "--stack",
                self.stack.name,
            ],
            cwd=self.stack.folder,
            env=self.stack.environment | {"PYTHONPATH": str(ROOT)},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        self._keep()
        return done

    def done(self, *words: str, given: str = "") -> str:
        """Run it to its end; returns what it proved, and what is left."""
        ended = self(*words, given=given)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def value(self, key: str) -> str:
        """A secret of the config, as it is now."""
        return self.stack.pulumi("config", "get", "--path", key).stdout.strip()

    def is_over(self) -> bool:
        """Whether nothing is under way, and an update would change nothing."""
        done = self.stack.pulumi("preview", "--expect-no-changes")
        return done.returncode == 0 and "nutri:rotating" not in self._written()

    def _keep(self) -> None:
        written = self._written()
        names = {*self.stack.secrets, "nutri:rotating"} & set(written)
        self.stack.secrets = {name: written[name] for name in names}

    def _written(self) -> dict[str, object]:
        whole = yaml.safe_load(self.stack.config_file.read_text())
        return dict(whole["config"])


@pytest.fixture(scope="module")
def rotating(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rotating]:
    """A platform that is up."""
    with own_stack(cloud_environment, tmp_path_factory, "rotation") as stack:
        stack.up()
        yield Rotating(stack)
