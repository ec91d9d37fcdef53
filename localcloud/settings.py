"""Which local cloud: its name, where it keeps its state, and what it occupies on this machine.

Two instances run side by side when their names, ports and blocks differ.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEMO_TOKEN = "localcloud" + "0" * 54  # official clients insist on 64 characters
"""The token that may read and write."""
DEMO_READONLY_TOKEN = "localcloud" + "readonly" + "0" * 46
"""The token that may only read."""
INSTANCE_LABEL = "localcloud.instance"
"""Label of every Docker object of an instance; its value is the instance's name."""

PROJECT_ROOT = Path(__file__).resolve().parent.parent

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
_MAX_PORT = 65535
_MAX_BLOCK = 254


@dataclass(frozen=True)
class Instance:
    """One local cloud."""

    name: str = "nutri"
    home: Path = field(default=PROJECT_ROOT / ".local" / "nutri")
    """Directory of the state: database, log, CA, keys."""
    api_port: int = 8421
    """Port of the Hetzner API on 127.0.0.1."""
    dns_port: int = 8453
    """Port of the name server on 127.0.0.1, UDP and TCP."""
    block: int = 10
    """Second octet of the servers' public addresses."""
    cache: Path = field(default_factory=lambda: _default_cache(os.environ))
    """Directory for what may be thrown away and made again."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SettingsError(
                f"LOCALCLOUD_NAME is {self.name!r}: use a lower-case letter followed by up to 19 "
                "lower-case letters, digits or hyphens"
            )
        _check_range("LOCALCLOUD_PORT", self.api_port, 1, _MAX_PORT)
        _check_range("LOCALCLOUD_DNS_PORT", self.dns_port, 1, _MAX_PORT)
        _check_range("LOCALCLOUD_BLOCK", self.block, 1, _MAX_BLOCK)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Instance:
        """Read the instance from LOCALCLOUD_* variables; raises SettingsError."""
        env = os.environ if environ is None else environ
        name = env.get("LOCALCLOUD_NAME") or "nutri"
        home = env.get("LOCALCLOUD_HOME")
        return cls(
            name=name,
            home=_absolute(home) if home else PROJECT_ROOT / ".local" / name,
            api_port=_integer(env, "LOCALCLOUD_PORT", 8421),
            dns_port=_integer(env, "LOCALCLOUD_DNS_PORT", 8453),
            block=_integer(env, "LOCALCLOUD_BLOCK", 10),
            cache=_default_cache(env),
        )

    @property
    def prefix(self) -> str:
        """Start of the name of every Docker object, and the name of the Docker network."""
        return f"localcloud-{self.name}"

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every Docker object."""
        return {INSTANCE_LABEL: self.name}

    @property
    def subnet(self) -> str:
        """CIDR of the Docker network the servers are on."""
        return f"100.64.{self.block}.0/24"

    @property
    def public_range(self) -> str:
        """CIDR of the servers' public IPv4 addresses."""
        return f"127.{self.block}.0.0/16"

    @property
    def endpoint(self) -> str:
        """Base URL of the Hetzner API."""
        return f"http://127.0.0.1:{self.api_port}/v1"


def _default_cache(env: Mapping[str, str]) -> Path:
    if env.get("NUTRI_CACHE"):
        return _absolute(env["NUTRI_CACHE"])
    base = env.get("XDG_CACHE_HOME")
    return (_absolute(base) if base else Path.home() / ".cache") / "nutri"


def _absolute(value: str) -> Path:
    return Path(value).expanduser().resolve()


def _integer(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise SettingsError(f"{name} is {text!r}: use a whole number, such as {default}") from None


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise SettingsError(f"{name} is {value}: use a number from {low} to {high}")
