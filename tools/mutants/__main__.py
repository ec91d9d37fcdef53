"""`make mutate`: a seeded sample of mutants by module, and how many of them the tests notice.

Usage: python -m tools.mutants [--seed N] [--sample N] [MODULE ...]
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tools.mutants.changes import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("modules.yaml")
_SECONDS = 300
_AIM = 8.0


@dataclass
class Module:
    """A module or several that have the same tests."""

    name: str
    files: list[str]
    tests: list[str]
    equivalent: list[dict[str, str]] = field(default_factory=list)

    def drawn(self, sample: int, seed: int) -> list[tuple[str, Mutant]]:
        """Return the sample: the same for the same seed, as long as the module is the same."""
        paths = [path for one in self.files for path in sorted(ROOT.glob(one))]
        every = [
            (str(path.relative_to(ROOT)), one)
            for path in paths
            for one in mutants(path.read_text())
            if not self._is_equivalent(one)
        ]
        chosen = random.Random(f"{seed} {self.name}")  # noqa: S311 - a sample, no secret
        return chosen.sample(every, min(sample, len(every)))

    def _is_equivalent(self, mutant: Mutant) -> bool:
        return any(
            mutant.code == one["code"] and fnmatchcase(mutant.what, one["what"])
            for one in self.equivalent
        )


def load() -> list[Module]:
    """Read which tests are for which modules."""
    raw: dict[str, dict[str, Any]] = yaml.safe_load(TABLE.read_text())
    return [Module(name, **fields) for name, fields in raw.items()]


class Tree:
    """A copy of the project, in which one file at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listed.stdout.split("\0"):
            if name and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to((ROOT / ".venv").resolve())

    def notices(self, file: str, mutant: Mutant | None, tests: Sequence[str]) -> bool:
        """Whether the tests are red with a mutant; with none: as it is."""
        place = self._folder / file
        before = place.read_text()
        if mutant:
            place.write_text(mutant.source)
        words = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not long and not docker"]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *words, *tests],
                cwd=self._folder,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return True
        finally:
            place.write_text(before)
        return done.returncode != 0


def _measure(tree: Tree, module: Module, sample: int, seed: int) -> tuple[int, list[str]]:
    """Return how many mutants there were, and those that nobody noticed."""
    drawn = module.drawn(sample, seed)
    if drawn and tree.notices(drawn[0][0], None, module.tests):
        sys.exit(f"mutate: {module.name}: its tests are red without any mutant")
    survived = []
    for file, one in drawn:
        if not tree.notices(file, one, module.tests):
            survived.append(f"{file}:{one.line}: {one.what}: {one.code}")
            _say(f"  survived: {survived[-1]}")
    return len(drawn), survived


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run it; 1 where more than the aim survived in a module."""
    parser = argparse.ArgumentParser(prog="mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", help="by their names in modules.yaml; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=12, help="mutants of each module")
    options = parser.parse_args()
    chosen = [one for one in load() if one.name in (options.modules or [one.name])]
    red = False
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder))
        for module in chosen:
            _say(f"{module.name} ...")
            count, survived = _measure(tree, module, options.sample, options.seed)
            share = 100 * len(survived) / max(count, 1)
            red = red or share > _AIM
            rows.append(f"{module.name:<20} {count:>4} {len(survived):>9} {share:>6.0f} %")
    _say(f"\n{'module':<20} {'mutants':>4} {'survived':>6}  share (aim: under {_AIM:.0f} %)")
    _say("\n".join(rows))
    return int(red)


if __name__ == "__main__":
    sys.exit(main())
