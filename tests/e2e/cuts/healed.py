"""One combination: begin, cut, give back, and the same command again, after which all is well."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common.private_files import is_alive
from tests.e2e.cuts.scene import exported, until

if TYPE_CHECKING:
    from tests.e2e.cuts.moments import Moment
    from tests.e2e.cuts.scene import Scene
    from tests.e2e.cuts.table import Cut

RECORD = "NUTRI_CUTS_RECORD"
"""Names a file to which each combination adds a line."""
_MOMENT_SECONDS = 300
_END_SECONDS = 1200
_LOCKED = re.compile(r"locked by|is locked|another run is at work")


@dataclass
class Outcome:
    """How a combination went."""

    moment: str
    cut: str
    ended: int
    """Exit code of what was cut."""
    ended_s: float
    """Seconds from the cut to its end."""
    healed_s: float = 0.0
    """Seconds that the same command took, to its green end."""
    said: str = ""
    """Last words of what was cut."""
    red: str = ""


def combine(scene: Scene, moment: Moment, cut: Cut) -> Outcome:
    """Cut at a moment, and see it healed.

    Raises:
        AssertionError: it is not.
    """
    mark = f"{moment.name} x {cut.name}"
    words = moment.begin(scene)
    _remember(scene, mark)
    run = scene.start(words)
    assert until(lambda: moment.has_come(scene, run), run, _MOMENT_SECONDS), (
        f"{mark}: the moment did not come:\n{run.said()[-3000:]}"
    )
    began = time.monotonic()
    cut.make(scene, run)
    try:
        time.sleep(cut.seconds)
    finally:
        cut.give_back(scene)
    code = run.wait(_END_SECONDS)
    outcome = Outcome(moment.name, cut.name, code, round(time.monotonic() - began, 1))
    outcome.said = run.said()[-1500:]
    try:
        began = time.monotonic()
        _again(scene, words)
        outcome.healed_s = round(time.monotonic() - began, 1)
        require_well(scene, mark)
        for last in moment.tidy:
            code, said = scene.run(*last)
            assert code == 0, said[-3000:]
    except AssertionError as error:
        outcome.red = str(error)[:4000]
        raise
    finally:
        _record(outcome)
    return outcome


def _again(scene: Scene, words: tuple[str, ...]) -> None:
    """The same command: after the way out it names itself, where a dead one holds the stack."""
    deadline = time.monotonic() + _END_SECONDS
    while True:
        code, said = scene.run(*words, bound=_END_SECONDS)
        if code == 0:
            return
        assert _LOCKED.search(said), f"the same command again ended with {code}:\n{said[-3500:]}"
        assert time.monotonic() < deadline, f"still locked:\n{said[-1500:]}"
        if scene.locks() and not any(
            is_alive(int(json.loads(one.read_text())["pid"])) for one in scene.locks()
        ):
            assert "pulumi cancel" in said, f"nothing says how to clear the lock:\n{said[-1500:]}"
            scene.run("pulumi", "cancel", "--yes")
        time.sleep(2)


def require_well(scene: Scene, mark: str) -> None:
    """Nothing is left of the cut: no container beside, no lock, no key; each row is there."""
    services = {one["name"]: one for one in exported(scene)["services"]}
    for name, wanted in scene.config()["nutri:services"].items():
        there = scene.containers(name)
        assert sorted(one["application"] for one in there) == sorted(services[name]["applications"])
        assert {one["tag"] for one in there} == {wanted["tag"]}, there
        assert all("(healthy)" in one["state"] for one in there), there
    assert scene.locks() == []
    assert _keys() == []
    assert scene.sql(f"select count(*) from cuts where mark = {_quoted(mark)}") == "1"


def _remember(scene: Scene, mark: str) -> None:
    scene.sql("create table if not exists cuts (mark text primary key)")
    scene.sql(f"insert into cuts values ({_quoted(mark)}) on conflict do nothing")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _keys() -> list[Path]:
    """Private keys in folders that nobody uses any more: the next start would sweep them."""
    folders = Path(tempfile.gettempdir()).glob("nutri-*-*")
    files = (file for one in folders if _is_dead(one) for file in one.rglob("*") if file.is_file())
    return [one for one in files if b"PRIVATE KEY" in one.read_bytes()]


def _is_dead(folder: Path) -> bool:
    number = folder.name.split("-")[2]
    return folder.stat().st_uid == os.getuid() and number.isdigit() and not is_alive(int(number))


def _record(outcome: Outcome) -> None:
    if place := os.environ.get(RECORD):
        with Path(place).open("a") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")
