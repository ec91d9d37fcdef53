"""The domain's zone, where it was in Hetzner's project before the stack: what is in it stays.

A domain that has a website and mail has a zone. The stack sets the names of its services in it, and
the zone is no resource of the stack's: nothing it does, no destroy either, takes another record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from clients.hetzner import HetznerError
from infra import state
from infra.servers import hetzner_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import Settings

_OURS = "hcloud:index/zone:Zone::zone"
_RECORD = "hcloud:index/zoneRrset:ZoneRrset::"
_ALONE = frozenset({"CNAME"})
_LEADING = frozenset({"A", "AAAA"}) | _ALONE
_MADE_WITH_A_ZONE = frozenset({"SOA", "NS"})


@dataclass(frozen=True)
class Found:
    """A zone that is there, and that the stack's state does not know."""

    name: str
    mode: str
    records: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Name, type and values of each set of records; its own SOA and NS are left out."""
    known: frozenset[str]
    """URNs of the stack's resources."""

    def is_ours(self, subdomain: str, kind: str) -> bool:
        """Whether the stack made a record of its."""
        own = f"{_RECORD}{subdomain}-{kind.lower()}"
        return any(urn.endswith(own) for urn in self.known)


def look(settings: Settings) -> Found | None:
    """Return the zone that was there before; None where there is none, or where nobody can tell."""
    if not settings.makes_zone:
        return None
    try:
        known = frozenset(str(one["urn"]) for one in state.resources())
        return None if any(urn.endswith(_OURS) for urn in known) else _ask(settings, known)
    except (state.ReadError, HetznerError) as error:
        pulumi.log.debug(f"whether the zone is there already was not found out: {error}")
        return None


def _ask(settings: Settings, known: frozenset[str]) -> Found | None:
    token = settings.hcloud_token.get_secret_value()
    with hetzner_api.reach(settings.hcloud_endpoint, token) as api:
        for zone in api.all("zones", name=settings.domain):
            sets = api.all(f"zones/{zone['id']}/rrsets")
            return Found(settings.domain, str(zone["mode"]), tuple(_records(sets)), known)
    return None


def _records(sets: list[dict[str, Any]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for one in sets:
        if not (one["name"] == "@" and one["type"] in _MADE_WITH_A_ZONE):
            values = tuple(str(record["value"]) for record in one["records"])
            yield str(one["name"]), str(one["type"]), values


def problems(found: Found, settings: Settings) -> list[str]:
    """Return a line for each thing in the zone that is in the way of a name of the stack's."""
    if found.mode != "primary":
        why = "is a secondary one, whose records come from elsewhere: make it a primary one there"
        return [f"the DNS zone {found.name} {why}, or `pulumi config set manageDns false`"]
    return list(_taken(found, settings))


def _taken(found: Found, settings: Settings) -> Iterator[str]:
    for subdomain in _subdomains(settings):
        for name, kind, values in found.records:
            if name != settings.record(subdomain) or kind not in _LEADING:
                continue
            if not found.is_ours(subdomain, kind):
                yield _in_the_way(f"{subdomain}.{settings.domain}", kind, values)


def _in_the_way(name: str, kind: str, values: tuple[str, ...]) -> str:
    told = f"{name} has a {kind} record already, {', '.join(values)}, that this stack did not make"
    if kind in _ALONE:
        return f"{told}: delete it in Hetzner's console, or give the service another `subdomain`"
    return (
        f"{told}: delete it in Hetzner's console; or, to take it over once the new platform serves,"
        " `pulumi config set takeOverDns true`; or, if this stack's state was lost, bring that back"
        " (docs/state.md, A state that is lost)"
    )


def told(found: Found, settings: Settings) -> str:
    """Say what becomes of the zone."""
    names = ", ".join(f"{one}.{settings.domain}" for one in _subdomains(settings))
    kept = [f"{name} {kind}" for name, kind, _ in found.records if not _own(found, name, settings)]
    held = f"with {', '.join(kept)}" if kept else "without a record"
    return (
        f"the DNS zone {found.name} was in Hetzner's project before this stack, {held}; it stays as"
        f" it is, after a destroy too: A and AAAA of {names} are all that this stack sets in it"
    )


def _own(found: Found, name: str, settings: Settings) -> bool:
    return any(
        name == settings.record(one) and found.is_ours(one, "A") for one in _subdomains(settings)
    )


def _subdomains(settings: Settings) -> list[str]:
    return [one.subdomain for one in settings.services.values() if one.subdomain]
