"""The passphrase of a stack's config and state, as the engine finds it, and how good it is."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"
LOCAL = "local"
"""That of the local stack, which everybody knows."""
_SHORTEST = 12


class PassphraseError(OperatorError):
    """The passphrase cannot be had."""


def of(environment: Mapping[str, str]) -> str | None:
    """The passphrase the engine would use; None where the environment has none.

    Like the engine it prefers the variable, even an empty one, to the file.

    Raises:
        PassphraseError: its file cannot be read.
    """
    if VARIABLE in environment:
        return environment[VARIABLE]
    file = environment.get(FILE_VARIABLE)
    if not file:
        return None
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise PassphraseError(f"{FILE_VARIABLE}: {file} cannot be read: {error.strerror}") from None


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine alone, which is said of literal addresses only."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def weakness(passphrase: str) -> str | None:
    """Why a passphrase is none to keep secrets with; None where it is one."""
    if passphrase == LOCAL:
        return f"it is {LOCAL!r}, the local stack's, which everybody knows"
    if len(passphrase) < _SHORTEST:
        return f"it has {len(passphrase)} characters, and needs {_SHORTEST} at least"
    return None


def problems(endpoint: str, environment: Mapping[str, str]) -> list[str]:
    """Why the passphrase of the environment must not be used with a cloud, a line; or none.

    Args:
        endpoint: of the cloud's API: the double on this machine needs no secret.
        environment: as the engine has it.
    """
    if is_loopback(endpoint):
        return []
    found = of(environment)
    why = None if found is None else weakness(found)
    return [f"{_source(environment)}: {why}; {REMEDY}"] if why else []


REMEDY = (
    "take a long random one: `. bin/env STACK` with its file, then "
    "`pulumi stack change-secrets-provider passphrase`, and change each secret that was committed "
    "(docs/secrets.md)"
)


def _source(environment: Mapping[str, str]) -> str:
    return VARIABLE if VARIABLE in environment else FILE_VARIABLE
