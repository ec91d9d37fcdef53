"""One file under a passphrase, in the age format: `age --decrypt nutri-prod.kit` opens it too.

Armored, so that it can be printed. A standard tool has to be enough on the day on which this
program is what was lost.
"""

from __future__ import annotations

import pyrage

from runbook.kit.former import BEGIN as FORMER
from runbook.kit.former import open_former
from runbook.kit.passphrase import KitError, Passphrase

_BEGIN, _END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"


def seal(content: bytes, passphrase: Passphrase) -> str:
    """Encrypt; the text of the file.

    Raises:
        KitError: when the passphrase is too short.
    """
    text = passphrase.fit_to_seal().text
    return str(pyrage.passphrase.encrypt(content, text, armored=True), "ascii")


def open_sealed(text: str, passphrase: Passphrase) -> bytes:
    """Decrypt the text of a file, of this format or the one before.

    Raises:
        KitError: when it is no kit, was damaged, or the passphrase is another.
    """
    text = text.strip()
    if text.startswith(FORMER):
        return open_former(text, passphrase)
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise KitError("this is no recovery kit, or only a part of one")
    try:
        return bytes(pyrage.passphrase.decrypt(f"{text}\n".encode(), passphrase.text))
    except pyrage.DecryptError as error:
        raise KitError(
            f"the kit does not open: the passphrase is wrong, or it is damaged ({error})"
        ) from None
