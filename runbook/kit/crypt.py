"""One file under a passphrase: scrypt for the key, ChaCha20-Poly1305 for the content.

The text between the two lines is base64 of salt, nonce and what was sealed; it can be printed. The
first line, which carries the parameters, is authenticated with it.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import textwrap
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from common.errors import OperatorError

LEAST_CHARACTERS = 12
_LOG_N, _R, _P = 17, 8, 1
_SALT, _NONCE, _KEY = 16, 12, 32
_HEAD = re.compile(r"-----BEGIN NUTRI RECOVERY KIT 1 scrypt n=2\^(\d+) r=(\d+) p=(\d+)-----")
_TAIL = "-----END NUTRI RECOVERY KIT-----"
_MOST_LOG_N = 20
"""A gigabyte of memory: a file that asks for more is not one of ours."""
_WIDTH = 76


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


def seal(content: bytes, passphrase: Passphrase) -> str:
    """Encrypt; the text of the file.

    Raises:
        KitError: when the passphrase is too short.
    """
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    head = f"-----BEGIN NUTRI RECOVERY KIT 1 scrypt n=2^{_LOG_N} r={_R} p={_P}-----"
    key = _key(passphrase.fit_to_seal(), salt, _LOG_N, _R, _P)
    sealed = ChaCha20Poly1305(key).encrypt(nonce, content, head.encode())
    body = base64.b64encode(salt + nonce + sealed).decode()
    return "\n".join([head, *textwrap.wrap(body, _WIDTH), _TAIL, ""])


def open_sealed(text: str, passphrase: Passphrase) -> bytes:
    """Decrypt the text of a file.

    Raises:
        KitError: when it is no kit, was damaged, or the passphrase is another.
    """
    head, salt, nonce, sealed = _parts(text)
    found = _HEAD.fullmatch(head)
    if not found or int(found[1]) > _MOST_LOG_N:
        raise KitError("the kit is of another version of this program")
    key = _key(passphrase, salt, *map(int, found.groups()))
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, head.encode())
    except InvalidTag:
        raise KitError("the kit does not open: the passphrase is wrong, or it is damaged") from None


def _parts(text: str) -> tuple[str, bytes, bytes, bytes]:
    head, *body = (line.strip() for line in text.strip().splitlines() or [""])
    if not head.startswith("-----BEGIN NUTRI RECOVERY KIT") or not body or body[-1] != _TAIL:
        raise KitError("this is no recovery kit, or only a part of one")
    try:
        raw = base64.b64decode("".join(body[:-1]), validate=True)
    except binascii.Error:
        raise KitError("the kit is damaged: a character of it is none of base64's") from None
    return head, raw[:_SALT], raw[_SALT : _SALT + _NONCE], raw[_SALT + _NONCE :]


def _key(passphrase: Passphrase, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    derive = Scrypt(salt=salt, length=_KEY, n=2**log_n, r=r, p=p)
    return derive.derive(passphrase.text.encode())
