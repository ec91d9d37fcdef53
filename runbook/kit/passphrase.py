"""What a kit is sealed with."""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import OperatorError

LEAST_CHARACTERS = 12


class KitError(OperatorError):
    """The kit cannot be made, opened or used."""


@dataclass(frozen=True)
class Passphrase:
    """What a kit is sealed with; shown nowhere."""

    text: str

    def __repr__(self) -> str:
        return "Passphrase(...)"

    def fit_to_seal(self) -> Passphrase:
        """The same.

        Raises:
            KitError: when it is too short to guard all keys of the platform.
        """
        if len(self.text) < LEAST_CHARACTERS:
            raise KitError(
                f"the kit's passphrase has {len(self.text)} characters; it guards every key of "
                f"the platform, so take {LEAST_CHARACTERS} or more"
            )
        return self
