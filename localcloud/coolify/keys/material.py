"""What can be told from a private key's text, by OpenSSH itself."""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
import tempfile
from pathlib import Path

_SECONDS = 10


class BadKeyError(ValueError):
    """The text is no private key OpenSSH can use without a passphrase."""


def normalised(text: str) -> str:
    """The PEM text with one newline at its end, also from base64; raises BadKeyError."""
    plain = text.strip()
    if not plain.startswith("-----BEGIN"):
        try:
            plain = base64.b64decode(plain, validate=True).decode().strip()
        except (binascii.Error, UnicodeDecodeError):
            raise BadKeyError("The private key is invalid.") from None
    return plain.replace("\r\n", "\n") + "\n"


def public_key(private: str) -> str:
    """The public half in OpenSSH's one-line form, without its comment; raises BadKeyError."""
    line = _keygen(private, "-y")
    return " ".join(line.split()[:2])


def fingerprint(private: str) -> str:
    """The hash of a private key without the name of its kind; raises BadKeyError."""
    line = _keygen(private, "-l")
    return line.split()[1].removeprefix("SHA256:")


def write_private(path: Path, private: str) -> None:
    """Write a key file that only its owner may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(private)
    scratch.replace(path)


def _keygen(private: str, mode: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "key")
        write_private(path, private)
        command = ["ssh-keygen", mode, "-P", "", "-f", str(path)]
        if mode == "-l":
            command.remove("-P")
            command.remove("")
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    if result.returncode != 0 or not result.stdout.strip():
        raise BadKeyError("The private key is invalid.")
    return result.stdout
