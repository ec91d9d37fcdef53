"""What a word of a recording means in a replay: learnt from answers, or made up if it is ours."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runbook.parity.words import WORD

if TYPE_CHECKING:
    from collections.abc import Mapping


_NOBODY = 4_000_000_000
"""An id that no project has."""


class UnknownWordError(LookupError):
    """No answer told what a word means, and it cannot be made up."""

    def __init__(self, word: str) -> None:
        super().__init__(f"{word} is not known, since the request that makes it differed")


class Filler:
    """The meaning of each word."""

    def __init__(self, fixed: Mapping[str, str]) -> None:
        self._known: dict[str, Any] = dict(fixed)
        self._made = 0

    def filled(self, value: Any, *, absent: bool = False) -> Any:  # noqa: ANN401 - JSON
        """Return JSON with meanings for words.

        Args:
            value: the JSON.
            absent: a word that nothing was learnt of stands for what is not there.

        Raises:
            UnknownWordError: nothing was learnt of a word.
        """
        if isinstance(value, dict):
            return {key: self.filled(one, absent=absent) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one, absent=absent) for one in value]
        if not isinstance(value, str):
            return value
        if WORD.fullmatch(value):
            return self._meaning(value, absent=absent)
        return WORD.sub(lambda found: str(self._meaning(found.group(), absent=absent)), value)

    def _meaning(self, word: str, *, absent: bool) -> Any:  # noqa: ANN401 - a text or a number
        if word not in self._known:
            try:
                self._known[word] = self._invented(word)
            except UnknownWordError:
                if absent:
                    return _NOBODY
                raise
        return self._known[word]

    def _invented(self, word: str) -> str:
        found = WORD.fullmatch(word)
        kind = found["kind"] if found else ""
        self._made += 1
        if kind == "domain":
            return f"parity-{secrets.token_hex(3)}.test"
        if kind == "public_key":
            raw = Ed25519PrivateKey.generate().public_key()
            return raw.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + " parity"
        if kind == "ipv4_address":
            return f"198.51.100.{self._made % 250 + 1}"
        if kind == "ipv6_address":
            return f"2001:db8::{self._made}"
        if kind == "secret":
            return "Parity-1-" + base64.b32encode(secrets.token_bytes(10)).decode()
        raise UnknownWordError(word)

    def learn(self, recorded: Any, seen: Any) -> None:  # noqa: ANN401 - JSON
        """Take the meanings of words from an answer."""
        if isinstance(recorded, dict) and isinstance(seen, dict):
            for key, value in recorded.items():
                self.learn(value, seen.get(key))
        elif isinstance(recorded, list) and isinstance(seen, list):
            for pair in zip(recorded, seen, strict=False):
                self.learn(*pair)
        elif isinstance(recorded, str) and isinstance(seen, int | str):
            self._take(recorded, seen)

    def _take(self, recorded: str, seen: int | str) -> None:
        if isinstance(seen, bool):
            return
        if WORD.fullmatch(recorded):
            self._known.setdefault(recorded, seen)
            return
        head, found, tail = recorded, WORD.search(recorded), ""
        if found and isinstance(seen, str) and len(WORD.findall(recorded)) == 1:
            head, tail = recorded[: found.start()], recorded[found.end() :]
            if seen.startswith(head) and seen.endswith(tail):
                meaning = seen[len(head) : len(seen) - len(tail)]
                self._known.setdefault(found.group(), meaning)
