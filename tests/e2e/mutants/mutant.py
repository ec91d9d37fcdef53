"""A mutant: a world of the double that is broken on purpose, and the check that must turn red.

To add one, write a generator in a module of `tests/e2e/mutants/worlds` (a module of your own is
fine: every one is found), which breaks the world, yields, and mends it:

    @mutant("disk", "nutri-e2e", says="/srv/full is 100% full", remedy="docker prune")
    def a_file_system_is_full(scene: Scene) -> Broken:
        '''A file system has no space left.'''
        scene.run("mkdir -p /srv/full; mount -t tmpfs -o size=1m full /srv/full; ...")
        yield None
        scene.run("umount /srv/full")

* `check` and `subject` name the one result that must be red; `says` and `remedy` are regular
  expressions that its message (what is wrong) and its remedy (what to do) must hold.
* Every other result must stay as it was. Checks that see the same cause from another side are
  allowed with `also={"health": "why"}`; each needs its reason. `blind="why"` is for worlds that
  take the way in: any check may then be unknown, but not red.
* `fleet=True` is for worlds of several servers: those are broken on the platform of
  `tests/e2e/servers`.
* `yield scene.expecting(disk_share=0.5)` looks with other budgets, where the real ones cannot
  be reached by a test; the world has to be broken all the same.
* What `yield` hands over is broken already or gets so by itself: what is not as it should be is
  looked at again for a minute at most, and after the mending for three.

Say in `remedies.py` which command of the remedy heals it, or why a person has to act. Then
`python -m tests.e2e.mutants.table` writes docs/mutants.md anew (after a merge conflict in it
too). Unit tests hold that every registered check has a mutant, and that the table is current.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.target import Target
    from tests.e2e.mutants.scene import Scene

Broken = Generator["Target | None", None, None]
"""What a world's function is: it yields once, and hands over a target to look with, or none."""

World = Callable[["Scene"], Broken]

_MUTANTS: dict[str, Mutant] = {}


@dataclass(frozen=True)
class Mutant:
    """One broken world."""

    name: str
    check: str
    subject: str
    says: str
    remedy: str
    world: World
    what: str
    """The world in a sentence."""
    also: Mapping[str, str] = field(default_factory=dict)
    """Checks that may turn red too, each with the reason."""
    blind: str = ""
    """Why any check may be unknown meanwhile; empty: none may."""
    fleet: bool = False
    """Whether it takes several servers."""


def mutant(  # noqa: PLR0913 - each but two by keyword
    check: str,
    subject: str,
    *,
    says: str,
    remedy: str,
    also: Mapping[str, str] | None = None,
    blind: str = "",
    fleet: bool = False,
) -> Callable[[World], World]:
    """Register a world; see the module's docstring."""

    def register(world: World) -> World:
        name = world.__name__
        if name in _MUTANTS:
            raise ValueError(f"two worlds are named {name}")
        what = (world.__doc__ or "").strip()
        _MUTANTS[name] = Mutant(
            name, check, subject, says, remedy, world, what, dict(also or {}), blind, fleet
        )
        return world

    return register


def mutants() -> tuple[Mutant, ...]:
    """All of them: of every module of `worlds`, in order."""
    from tests.e2e.mutants import worlds  # noqa: PLC0415 - its modules import this one

    for module in pkgutil.iter_modules(worlds.__path__, f"{worlds.__name__}."):
        importlib.import_module(module.name)
    return tuple(_MUTANTS.values())
