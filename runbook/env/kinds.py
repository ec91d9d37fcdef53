"""Which variables are secret: what is not surely plain is asked, or taken for a secret."""

from __future__ import annotations

import enum
import json
import re
from urllib.parse import urlsplit

_SECRET_NAME = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PRIVATE|CREDENTIAL|(API|ACCESS|SIGNING|ENCRYPTION)_?KEY"
    r"|_KEY$|^KEY$|_PASS$|^PASS$|_PWD$|DSN|WEBHOOK|SALT|PEPPER|(^|_)PIN$",
    re.IGNORECASE,
)
_PLAIN_NAME = re.compile(
    r"(^|_)(ENV|ENVIRONMENT|LEVEL|PORT|HOST|ENABLED|DISABLED|MODE|TIMEOUT|INTERVAL|LIMIT|EXPIRES_IN"
    r"|ORIGINS?|REGION|WORKERS|THREADS|CONCURRENCY|DEVICE|LOCALE|TZ|FROM|NAME|USERNAME|URL|HTTPS"
    r"|WARMUP|PROXY|FORMAT|VERSION)$",
    re.IGNORECASE,
)
_PLAIN_VALUE = re.compile(r"true|false|yes|no|on|off|\d{1,9}(\.\d+)?(ms|s|m|h|d)?", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9 ,.:@/*<>_-]{0,80}")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_RANDOM = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[A-Za-z0-9+/_=.-]{20,}")


class Kind(enum.StrEnum):
    """Of one variable."""

    PLAIN = "plain"
    SECRET = "secret"  # noqa: S105 - a kind
    UNSURE = "unsure"


def kind(name: str, value: str) -> Kind:
    """Return what a variable is, by its name and by the look of its value."""
    if _SECRET_NAME.search(name) or _has_login(value) or "-----BEGIN" in value:
        return (
            Kind.PLAIN if _PLAIN_VALUE.fullmatch(value) and not _names_value(name) else Kind.SECRET
        )
    if not value or _PLAIN_VALUE.fullmatch(value):
        return Kind.PLAIN
    is_known = _PLAIN_NAME.search(name) and (_is_list(value) or _is_simple(value))
    return Kind.PLAIN if is_known else Kind.UNSURE


def _names_value(name: str) -> bool:
    """Whether the name is that of a secret itself: a number may be a password, a switch is none."""
    return not re.search(
        r"ENABLED|DISABLED|TTL|EXPIR|LENGTH|ROUNDS|COUNT|LIMIT", name, re.IGNORECASE
    )


def _has_login(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return True
    return bool(parts.scheme and (parts.password or parts.username or parts.query))


def _is_simple(value: str) -> bool:
    return bool(_WORD.fullmatch(value)) and not _RANDOM.search(_SCHEME.sub("", value))


def _is_list(value: str) -> bool:
    try:
        found = json.loads(value)
    except ValueError:
        return False
    return isinstance(found, list) and all(
        isinstance(one, str) and _is_simple(one) for one in found
    )
