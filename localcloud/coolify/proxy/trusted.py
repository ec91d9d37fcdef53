"""Whose `X-Forwarded-*` headers the proxy believes: Traefik's options in its compose file."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path

_OPTION = "--entrypoints.{}.forwardedheaders.trustedips="

Trusted = dict[str, tuple[str, ...]]
"""Networks by entry point."""


def read_trusted(compose: Path) -> Trusted:
    """Read the networks each entry point trusts; none where there is no such file."""
    try:
        document = yaml.safe_load(compose.read_text(encoding="utf-8"))
        command = document["services"]["traefik"]["command"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return {}
    return {name: _networks(command, _OPTION.format(name)) for name in ("http", "https")}


def _networks(command: list[str], option: str) -> tuple[str, ...]:
    for word in command:
        if word.lower().startswith(option):
            return tuple(str(ipaddress.ip_network(one)) for one in word[len(option) :].split(","))
    return ()
