"""The resize ladder: a tier names a size, the live catalogue says which type has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.catalogue import Catalogue, ServerType

# Size by size, the preferred type first: the third generation of CX follows the runbook's
# CX32, CX42 and CX52, which are no longer sold.
TIERS = {
    "small": ("cx33", "cpx32", "ccx23"),
    "medium": ("cx43", "cpx42", "ccx33"),
    "large": ("cx53", "cpx62", "ccx43"),
}


def _candidates(tier: str, catalogue: Catalogue) -> list[ServerType]:
    by_name = {kind.name: kind for kind in catalogue.server_types}
    return [by_name[name] for name in TIERS.get(tier, (tier,)) if name in by_name]


def _location_problems(location: str, catalogue: Catalogue) -> list[str]:
    if location in catalogue.locations:
        return []
    return [f"nutri:location: {location!r} is none of Hetzner's: {', '.join(catalogue.locations)}"]


def resolve(tier: str, location: str, catalogue: Catalogue) -> tuple[ServerType | None, list[str]]:
    """Find the server type for a tier (or a type's own name) in a location.

    A server that exists keeps its type while that type is one of the tier's, whatever the
    catalogue sells today.

    Returns:
        The type, and one line for each mistake: unknown location, unknown tier or type, or
        nothing of it is sold there.
    """
    problems = _location_problems(location, catalogue)
    candidates = _candidates(tier, catalogue)
    if not candidates:
        sold = ", ".join(sorted(kind.name for kind in catalogue.server_types))
        known = f"neither a tier ({', '.join(TIERS)}) nor a server type Hetzner sells ({sold})"
        return None, [*problems, f"nutri:tier: {tier!r} is {known}"]
    kept = [kind for kind in candidates if kind.name == catalogue.current_type]
    fitting = kept or [kind for kind in candidates if kind.sold_in(location)]
    if fitting or problems:
        return next(iter(fitting), None), problems
    names = ", ".join(kind.name for kind in candidates)
    remedy = "set another tier or location"
    return None, [f"nutri:tier: none of {names} is sold in {location} today; {remedy}"]
