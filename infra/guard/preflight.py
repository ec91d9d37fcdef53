"""Everything that can be known to be wrong before anything is touched, in one message."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi

from common import passphrase
from config import settings
from infra import stack_config
from infra.app import database
from infra.coolify import downgrade, root_email
from infra.guard import fit, unmanaged
from infra.ingress import zone
from infra.servers import catalogue, tiers
from infra.servers.addresses import address_name

if TYPE_CHECKING:
    from config.settings import Settings
    from infra.servers.tiers import Choice


def server_name(stack: str) -> str:
    """Return the name of the stack's server."""
    return f"nutri-{stack}"


def _choice(raw: dict[str, Any], stack: str) -> tuple[Choice | None, list[str]]:
    try:
        server = server_name(stack)
        offers = catalogue.fetch(
            raw["hcloud_endpoint"], raw["hcloud_token"], server, address_name(server)
        )
    except catalogue.WeatherError as error:
        raise pulumi.RunError(f"nothing was touched: {error}") from None
    except catalogue.CatalogueError as error:
        return None, [str(error)]
    places = (raw.get("location", ""), *(raw.get("location_fallbacks") or ()))
    choice, problems = tiers.resolve(raw.get("tier", ""), places, offers)
    return choice and replace(choice, memory=offers.memory(choice.server_type)), problems


def run(stack: str) -> tuple[Settings, Choice]:
    """Read and validate the configuration; find the server type it asks for, and where to have it.

    Returns:
        The settings, with the location that is taken, and the choice of the server.

    Raises:
        pulumi.RunError: one line for each mistake, in the configuration or against the catalogue.
    """
    raw = stack_config.read()
    parsed, problems = settings.parse(raw)
    problems += passphrase.problems(raw["hcloud_endpoint"], os.environ)
    choice = None
    if not any(problem.startswith("hcloud:") for problem in problems):
        choice, found = _choice(raw, stack)
        problems += found
    problems += database.problems(parsed) if parsed else []
    problems += downgrade.problems(parsed) if parsed else []
    problems += unmanaged.problems(parsed, server_name(stack)) if parsed and choice else []
    problems += root_email.problems(parsed) if parsed else []
    there = zone.look(parsed) if parsed and choice else None
    problems += zone.problems(there, parsed) if parsed and there else []
    problems += fit.problems(parsed, choice.memory) if parsed and choice and choice.memory else []
    if problems or parsed is None or choice is None:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise pulumi.RunError(f"{len(problems)} mistake(s), nothing was touched:\n{lines}")
    if choice.note:
        pulumi.log.warn(choice.note)
    if there:
        pulumi.log.info(zone.told(there, parsed))
        parsed = parsed.beside_a_zone()
    for line in fit.absences(parsed.services):
        pulumi.log.info(line)
    return parsed.model_copy(update={"location": choice.location}), choice
