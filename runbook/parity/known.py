"""Differences of the double that are known, each with its reason."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from runbook.parity.replay import ParityError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook.parity.compare import Difference

FILE = Path(__file__).with_name("known.yaml")


class Known(BaseModel):
    """One of them; `where` and `field` may have a `*`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    where: str
    field: str
    reason: str = Field(min_length=10)

    def covers(self, difference: Difference) -> bool:
        """Whether it is this one."""
        places = ((difference.where, self.where), (difference.field, self.field))
        return all(fnmatchcase(*_plain(*pair)) for pair in places)


def _plain(text: str, pattern: str) -> tuple[str, str]:
    """Take `[]` for itself: to the matcher it is a set of letters."""
    return text.replace("[]", "#"), pattern.replace("[]", "#")


def load(file: Path = FILE) -> list[Known]:
    """Read the list; raises ParityError."""
    try:
        raw = yaml.safe_load(file.read_text()) or []
        return TypeAdapter(list[Known]).validate_python(raw)
    except OSError as error:
        raise ParityError(f"{file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise ParityError(f"{file}: {error}") from None


def sorted_out(
    differences: Iterable[Difference], known: Iterable[Known]
) -> tuple[list[Difference], list[tuple[Difference, str]], list[Known]]:
    """Return those that are new, those that are known with the reason, and what occurs no more."""
    new, old, used = [], [], set()
    for one in differences:
        found = next((each for each in known if each.covers(one)), None)
        if found is None:
            new.append(one)
        else:
            used.add(found)
            old.append((one, found.reason))
    return new, old, [each for each in known if each not in used]
