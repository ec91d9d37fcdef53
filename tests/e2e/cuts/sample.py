"""Which combinations there are, and a sample of them by a seed."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e.cuts.moments import Moment
    from tests.e2e.cuts.table import Cut

    Pair = tuple[Moment, Cut]

SEED = int(os.environ.get("NUTRI_CUTS_SEED") or 13)
"""Another seed, another sample; a sample's names begin with it."""


def name(moment: Moment, cut: Cut) -> str:
    """A combination's name."""
    return f"{moment.name} x {cut.name}"


def pairs(moments: Sequence[Moment], cuts: Sequence[Cut]) -> list[Pair]:
    """All combinations in which there is something to cut."""
    return [(moment, cut) for moment in moments for cut in cuts if moment.suits(cut)]


def seeded(moment: Moment, cut: Cut) -> str:
    """Its name in a sample, which tells how to get the same again."""
    return f"seed {SEED}: {name(moment, cut)}"


def some(moments: Sequence[Moment], cuts: Sequence[Cut], count: int) -> list[Pair]:
    """So many of them, by the seed."""
    return random.Random(SEED).sample(pairs(moments, cuts), count)  # noqa: S311 - a test's choice


def one_each(moments: Sequence[Moment], cuts: Sequence[Cut]) -> list[Pair]:
    """One cut for each moment, by the seed."""
    chance = random.Random(SEED)  # noqa: S311 - a test's choice
    return [(one, chance.choice([cut for cut in cuts if one.suits(cut)])) for one in moments]
