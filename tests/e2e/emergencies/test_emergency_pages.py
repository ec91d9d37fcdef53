"""The emergency pages, typed as they are printed, in worlds broken for them, with a clock.

NUTRI_NIGHTS_RECORD names a file that gets a line for each block: how many commands and seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ROOT, own_stack
from tests.e2e.emergencies.nights import NIGHTS, Night, Place
from tests.e2e.emergencies.pages import SURROUNDINGS, blocks
from tests.e2e.mutants.running import at_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(1200)]

_YES = b"y\r"  # what the key Enter sends
_BOUND = 600.0
_MISTAKES = ("Traceback", "Usage:", "No such command", "No such option")


@pytest.fixture(scope="module")
def place(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """One platform for all nights, whose folder has its surroundings as a clone has them."""
    with own_stack(cloud_environment, tmp_path_factory, "nights", "prod") as stack:
        stack.change("nutri-backend", stopGrace=3)
        stack.up()
        surround(stack)
        yield Place(stack)


def surround(stack: Stack) -> None:
    """Have `. bin/env prod` find this stack, as it finds production in a clone."""
    shutil.copytree(ROOT / "bin", stack.folder / "bin")
    state = stack.environment["PULUMI_BACKEND_URL"]
    lines = (f'PULUMI_BACKEND_URL="{state}"', "PULUMI_CONFIG_PASSPHRASE=e2e", "")
    (stack.folder / "Pulumi.prod.env").write_text("\n".join(lines))


@dataclass
class Typed:
    """What was typed so far, and what it said."""

    place: Place
    said: str = ""
    count: int = 0
    began: float = field(default_factory=time.monotonic)

    def type(self, command: str) -> None:
        """Type a command in a new shell with the page's surroundings; it may tell what is red."""
        own = self.place.stack
        words = command + (" --yes --skip-preview" if command.startswith("pulumi ") else "")
        line = f"{SURROUNDINGS} && {words}"
        code, said = at_terminal(
            ["bash", "--norc", "-c", line], own.folder, own.cloud.environment, _YES
        )
        self.said += f"$ {command}\n{said}\n"
        self.count += 1
        assert code in {0, 1, 3} or command.startswith("runbook check"), self.said
        assert not any(one in said for one in _MISTAKES), self.said

    @property
    def seconds(self) -> float:
        """Since the first was typed."""
        return time.monotonic() - self.began


@pytest.mark.parametrize("night", NIGHTS, ids=[one.name for one in NIGHTS])
def test_a_page_does_what_it_promises(night: Night, place: Place) -> None:
    """Within the number of commands that it says; every other command of the block runs, too."""
    block = blocks(night.page)[night.block]
    night.world(place)
    typed, over = Typed(place), None
    assert block.promise is None or not night.over(place, "")
    for command in block.commands:
        bare = command.bare
        for shown, own in night.values.items():
            bare = bare.replace(shown, own)
        typed.type(bare)
        if over is None and night.over(place, typed.said):
            over = (typed.count, round(typed.seconds))
    assert over, typed.said
    assert over[1] < _BOUND
    assert block.promise is None or over[0] <= block.promise, typed.said
    _heal(night, place, typed)
    if block.promise:
        _keep({"page": night.page, "block": night.block, "commands": over[0], "seconds": over[1]})


def _heal(night: Night, place: Place, typed: Typed) -> None:
    if night.person:
        night.person(place)
    text = (ROOT / "docs" / "emergencies" / f"{night.page}.md").read_text()
    for command in night.then:
        assert f"`{command}`" in text
        typed.type(command)
    assert night.healed(place, typed.said), typed.said


def _keep(row: dict[str, object]) -> None:
    if record := os.environ.get("NUTRI_NIGHTS_RECORD"):
        with Path(record).open("a") as file:
            file.write(json.dumps(row) + "\n")
