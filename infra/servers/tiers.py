"""The resize ladder: a tier names a size, the live catalogue says which type has it, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from infra.servers.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.servers.catalogue import Catalogue, ServerType

# Size by size, the preferred type first.
TIERS = {
    "small": ("cx33", "cpx32", "ccx23"),
    "medium": ("cx43", "cpx42", "ccx33"),
    "large": ("cx53", "cpx62", "ccx43"),
}
_MOST_TIMES = Decimal("1.5")
"""Another type that costs more than so many times the wanted one is taken by its own name alone."""
RETIRED = {"cx32": "small", "cx42": "medium", "cx52": "large"}
"""The runbook's types, no longer sold: each stands for the tier that its successor is in."""


@dataclass(frozen=True)
class Choice:
    """A server type and a location, and what there is to say about them."""

    server_type: str
    location: str
    note: str = ""
    refused: frozenset[Refused] = frozenset()
    """What was passed over, as it was refused before; see `infra.servers.refusals`."""
    exists: bool = False
    """Whether there is a server of it already."""
    memory: int = 0
    """Bytes; 0: Hetzner does not tell, as of a type it no longer lists."""


def types(tier: str) -> tuple[str, ...]:
    """Return the types of a tier, or of a type's own name, the preferred one first."""
    if tier in RETIRED:
        return (tier, *TIERS[RETIRED[tier]])
    return TIERS.get(tier, (tier,))


def kept_types(tier: str) -> tuple[str, ...]:
    """Return the types that an existing server of a tier may have: retired ones, too."""
    return (*types(tier), *(old for old, successor in RETIRED.items() if successor == tier))


def _location_problems(places: Sequence[str], catalogue: Catalogue) -> list[str]:
    known = ", ".join(catalogue.locations)
    settings = ["nutri:location", *(f"nutri:locationFallbacks[{n}]" for n in range(len(places)))]
    return [
        f"{setting}: {place!r} is none of Hetzner's: {known}"
        for setting, place in zip(settings, places, strict=False)
        if place not in catalogue.locations
    ]


def resolve(
    tier: str, places: Sequence[str], catalogue: Catalogue
) -> tuple[Choice | None, list[str]]:
    """Find server type and location for a tier (or a type's own name).

    A server that exists keeps its type while that type is one of the tier's, and its place while
    that is one of the places, whatever the catalogue sells today.

    Args:
        tier: of `TIERS`, or a server type.
        places: locations, the preferred one first: another type is taken before another place is.
        catalogue: what there is.

    Returns:
        The choice, and one line for each mistake: unknown location, unknown tier or type, or
        nothing of it is sold in any of the places.
    """
    problems = _location_problems(places, catalogue)
    listed = {kind.name for kind in catalogue.server_types}
    current = catalogue.current
    if current and current.server_type in kept_types(tier) and not problems:
        return Choice(current.server_type, _place(places, catalogue), exists=True), []
    if not listed.intersection(types(tier)):
        sold = ", ".join(sorted(listed))
        known = f"neither a tier ({', '.join(TIERS)}) nor a server type Hetzner sells ({sold})"
        return None, [*problems, f"nutri:tier: {tier!r} is {known}"]
    if problems:
        return None, problems
    if current:
        choice, problems = _sold(tier, [_place(places, catalogue)], catalogue)
        return choice and replace(choice, exists=True), problems
    return _sold(tier, places, catalogue)


def _place(places: Sequence[str], catalogue: Catalogue) -> str:
    """Where an existing server stays; elsewhere it would be another server."""
    current = catalogue.current
    return current.location if current and current.location in places else places[0]


def _sold(
    tier: str, places: Sequence[str], catalogue: Catalogue
) -> tuple[Choice | None, list[str]]:
    """The first place that sells a type of the tier, and its first type there."""
    by_name = {kind.name: kind for kind in catalogue.server_types}
    candidates = [by_name[name] for name in types(tier) if name in by_name]
    sold = [
        Refused(place, one.name) for place in places for one in candidates if one.sold_in(place)
    ]
    dear = [told for told in (_dear(one, candidates, by_name) for one in sold) if told]
    offers = [one for one in sold if not _dear(one, candidates, by_name)]
    if dear and not offers:
        return None, [f"nutri:tier: {candidates[0].name} is not to be had today; {'; '.join(dear)}"]
    # Where all of it was refused once, the first may be to be had again.
    passed = catalogue.refused if not catalogue.refused.issuperset(offers) else frozenset()
    for place, kind in (offer for offer in offers if offer not in passed):
        note = _note(tier, kind, place, places, passed)
        return Choice(kind, place, note, passed), []
    names = ", ".join(kind.name for kind in candidates)
    remedy = "set another tier or location, or nutri:locationFallbacks"
    return None, [f"nutri:tier: none of {names} is sold in {' or '.join(places)} today; {remedy}"]


def _dear(
    offer: Refused, candidates: Sequence[ServerType], by_name: Mapping[str, ServerType]
) -> str:
    """Say what an offer costs that nobody would expect; empty for one that is worth its money."""
    wanted = candidates[0].monthly(offer.location)
    price = by_name[offer.server_type].monthly(offer.location)
    if not wanted or not price or price <= wanted * _MOST_TIMES:
        return ""
    return (
        f"{offer.server_type} is, in {offer.location}, for {price:.2f} a month instead of"
        f" {wanted:.2f} ({price / wanted:.1f} times as much): if you want it all the same,"
        f" `pulumi config set tier {offer.server_type}`"
    )


def _note(
    tier: str, kind: str, place: str, places: Sequence[str], passed: frozenset[Refused]
) -> str:
    """Say what differs from what was asked for first."""
    first, told = types(tier)[0], []
    if passed:
        names = ", ".join(f"{one.server_type} in {one.location}" for one in sorted(passed))
        return f"Hetzner refused {names} before; the server is a {kind} in {place}"
    if tier in RETIRED and kind != tier:
        told.append(f"{tier} is no longer sold; {kind} is its successor")
    elif kind != first:
        told.append(f"{first} is sold out in {place}; {kind} is taken instead")
    if place != places[0]:
        told.append(f"{places[0]} has none of tier {tier} left; the server is made in {place}")
    return "; ".join(told)
