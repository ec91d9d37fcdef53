"""Everything that can be known to be wrong before anything is touched, in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from infra import catalogue, database, settings, tiers

if TYPE_CHECKING:
    from infra.catalogue import ServerType
    from infra.settings import Settings


def server_name(stack: str) -> str:
    """Return the name of the stack's server."""
    return f"nutri-{stack}"


def _server_type(raw: dict[str, Any], stack: str) -> tuple[ServerType | None, list[str]]:
    try:
        offers = catalogue.fetch(raw["hcloud_endpoint"], raw["hcloud_token"], server_name(stack))
    except catalogue.CatalogueError as error:
        return None, [str(error)]
    return tiers.resolve(raw.get("tier", ""), raw.get("location", ""), offers)


def run(stack: str) -> tuple[Settings, ServerType]:
    """Read and validate the configuration, and find the server type it asks for.

    Raises:
        pulumi.RunError: one line for each mistake, in the configuration or against the catalogue.
    """
    raw = settings.read()
    parsed, problems = settings.parse(raw)
    server_type = None
    if not any(problem.startswith("hcloud:") for problem in problems):
        server_type, found = _server_type(raw, stack)
        problems += found
    problems += database.problems(parsed) if parsed else []
    if problems or parsed is None or server_type is None:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise pulumi.RunError(f"{len(problems)} mistake(s), nothing was touched:\n{lines}")
    return parsed, server_type
