"""The domain of Coolify's first user: Coolify asks DNS for it, and without it makes no user at all.

It says so in its log alone, and its registration is then open to whoever comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra import state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import Settings

_SETTING = "nutri:coolifyRootEmail"


def problems(settings: Settings) -> list[str]:
    """Return what Coolify would say of the address; only before it is there, for it asks once."""
    try:
        begun = bool(state.resources())
    except state.ReadError:
        return []
    return [] if begun else _of(settings.coolify_root_email, settings.nameservers)


def _of(address: str, nameservers: Sequence[str]) -> list[str]:
    from clients.dns import NameNotResolvedError, Resolver  # noqa: PLC0415 - wanted once a life

    domain = address.rpartition("@")[2]
    try:
        takes_mail = Resolver(nameservers).takes_mail(domain)
    except NameNotResolvedError as error:
        pulumi.log.warn(f"{_SETTING}: whether {domain} takes mail was not found out: {error}")
        return []
    if takes_mail:
        return []
    why = f"{domain} has no MX, A or AAAA record in DNS, and Coolify refuses such an address"
    return [f"{_SETTING}: {why}; use one that you read today, at another domain if need be"]
