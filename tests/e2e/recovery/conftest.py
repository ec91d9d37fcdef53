"""One platform with data and dumps, to be lost, on a local cloud of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import Stack, own_stack
from tests.e2e.data.conftest import configure

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Cloud

PASSPHRASE = "a passphrase of the kit"


@dataclass
class Platform:
    """The stack that is up now; a drill puts another in its place."""

    cloud: Cloud
    stack: Stack

    def runbook(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI on the stack."""
        return self.stack.runbook(*words, timeout=1200)

    def told(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        """The JSON a verb prints."""
        done = self.runbook(*words, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    @property
    def server(self) -> str:
        """Name of the server."""
        return f"nutri-{self.stack.name}"

    def moved_to(self, name: str, folder: Path) -> None:
        """Go on with the stack that a drill has made in `folder`."""
        made = Made(self.cloud, folder / "program", name)
        made.state = folder / "state"
        self.stack = made


class Made(Stack):
    """A stack made from a kit: its config file is its own."""

    state: Path

    def pulumi(self, *words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run `pulumi`, and leave the config as it is."""
        before = self.config_file.read_text()
        done = super().pulumi(*words, timeout=timeout)
        self.config_file.write_text(before)
        return done

    def _file(self) -> dict[str, Any]:
        import yaml  # noqa: PLC0415

        return dict(yaml.safe_load(self.config_file.read_text()))

    @property
    def environment(self) -> dict[str, str]:
        """With the state beside the program."""
        url = f"file://{self.state.resolve()}?metadata=skip"
        return super().environment | {"PULUMI_BACKEND_URL": url}


@pytest.fixture(scope="module")
def platform(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The platform, up, its first dump taken."""
    secret = {"NUTRI_KIT_PASSPHRASE": PASSPHRASE}
    with own_stack(cloud_environment | secret, tmp_path_factory, "recovery") as stack:
        configure(stack)
        stack.config["nutri:locationFallbacks"] = ["nbg1"]
        stack.up()
        yield Platform(stack.cloud, stack)
