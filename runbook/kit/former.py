"""Opens kits of the format before age: scrypt for the key, ChaCha20-Poly1305 for the content.

The text between the two lines is base64 of salt, nonce and what was sealed. The first line, which
carries the parameters, is authenticated with it.
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from runbook.kit.passphrase import KitError, Passphrase

BEGIN = "-----BEGIN NUTRI RECOVERY KIT"
_SALT, _NONCE, _KEY = 16, 12, 32
_HEAD = re.compile(BEGIN + r" 1 scrypt n=2\^(\d+) r=(\d+) p=(\d+)-----")
_TAIL = "-----END NUTRI RECOVERY KIT-----"
_MOST_LOG_N = 20
"""A gigabyte of memory: a file that asks for more is not one of ours."""


def open_former(text: str, passphrase: Passphrase) -> bytes:
    """Decrypt the text of a file that begins with `BEGIN`.

    Raises:
        KitError: when it is no whole kit, was damaged, or the passphrase is another.
    """
    head, salt, nonce, sealed = _parts(text)
    found = _HEAD.fullmatch(head)
    if not found or int(found[1]) > _MOST_LOG_N:
        raise KitError("the kit is of another version of this program")
    log_n, r, p = map(int, found.groups())
    key = Scrypt(salt=salt, length=_KEY, n=2**log_n, r=r, p=p).derive(passphrase.text.encode())
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, head.encode())
    except InvalidTag:
        raise KitError("the kit does not open: the passphrase is wrong, or it is damaged") from None


def _parts(text: str) -> tuple[str, bytes, bytes, bytes]:
    head, *body = (line.strip() for line in text.strip().splitlines())
    if not body or body[-1] != _TAIL:
        raise KitError("this is no recovery kit, or only a part of one")
    try:
        raw = base64.b64decode("".join(body[:-1]), validate=True)
    except binascii.Error:
        raise KitError("the kit is damaged: a character of it is none of base64's") from None
    return head, raw[:_SALT], raw[_SALT : _SALT + _NONCE], raw[_SALT + _NONCE :]
