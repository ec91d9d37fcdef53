"""Logging in: a password's hash takes its time, and the answer carries a token."""

import base64
import hashlib
import hmac
import json
import time

from environment import text

HASH_SECONDS = 0.1
DAY = 86400
UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}


def is_right(password: str, stored: str) -> bool:
    """Whether it is the password; takes as long whether or not."""
    began = time.monotonic()
    found = hashlib.sha256(password.encode()).hexdigest()
    time.sleep(max(HASH_SECONDS - (time.monotonic() - began), 0))
    return hmac.compare_digest(found, stored)


def token(user: str) -> str:
    """A JWT for a user, signed with JWT_SECRET."""
    now = int(time.time())
    claims = {"sub": user, "iat": now, "exp": now + _lifetime()}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    mac = hmac.new(text("JWT_SECRET").encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{_base64(mac.digest())}"


def _lifetime() -> int:
    """Seconds of JWT_EXPIRES_IN, such as 7d."""
    wanted = text("JWT_EXPIRES_IN", "7d")
    number, unit = wanted[:-1], wanted[-1]
    return int(number) * UNITS[unit] if number.isdigit() and unit in UNITS else 7 * DAY


def _part(value: dict[str, object]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
