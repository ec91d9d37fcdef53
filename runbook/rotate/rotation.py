"""The skeleton: named steps, told as they are done, and an end that says what was proven."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_GOES_ON = "the same command goes on from here"


class RotationError(OperatorError):
    """Nothing was changed: a value will not do, or there is nothing to rotate."""


class StepFailedError(OperatorError):
    """It stands in the middle; the same command goes on from there."""


@dataclass(frozen=True)
class Step:
    """One step; it looks first, does what is lacking, and returns what it has seen."""

    name: str
    run: Callable[[], str]


@dataclass(frozen=True)
class Done:
    """How a rotation ended."""

    secret: str
    proved: Sequence[str]
    left: Sequence[str] = ()
    """What only a human can do, a line each."""
    old_works: bool = False
    """The old one is still good: only its vendor's console can end it."""

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "secret": self.secret,
            "old_works": self.old_works,
            "proved": [*self.proved],
            "left": [*self.left],
        }


class Rotation(Protocol):
    """One secret's way from old to new."""

    @property
    def secret(self) -> str:
        """As in the verb's name."""
        ...

    def steps(self) -> Sequence[Step]:
        """In order; the last proves that the old one no longer works."""
        ...

    def left(self) -> Sequence[str]:
        """What only a human can do afterwards."""
        ...

    @property
    def old_works(self) -> bool:
        """Whether the old one still works after all steps."""
        ...


@dataclass
class _Run:
    rotation: Rotation
    say: Callable[[str], None]
    proved: list[str] = field(default_factory=list)

    def all(self) -> Done:
        steps = self.rotation.steps()
        for number, step in enumerate(steps, 1):
            self._one(step, f"{number} of {len(steps)}")
        one = self.rotation
        return Done(one.secret, self.proved, one.left(), one.old_works)

    def _one(self, step: Step, place: str) -> None:
        try:
            seen = step.run()
        except RotationError:
            raise
        except KeyboardInterrupt as why:
            said = f"{why or 'interrupted'}. {self.rotation.secret} stands at step {place}"
            raise KeyboardInterrupt(f"{said} ({step.name}); {_GOES_ON}") from None
        except OperatorError as error:
            raise StepFailedError(
                f"{self.rotation.secret}: step {place} ({step.name}) failed: {error}\n"
                f"What was done until then stays; {_GOES_ON}"
            ) from error
        self.say(f"  {place}  {step.name}: {seen}")
        self.proved.append(f"{step.name}: {seen}")


def rotate(rotation: Rotation, say: Callable[[str], None]) -> Done:
    """Take all steps.

    Raises:
        RotationError: nothing was changed.
        StepFailedError: a step failed; the same command goes on.
    """
    return _Run(rotation, say).all()
