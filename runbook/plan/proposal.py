"""Makes the plan of a stack: preview, configuration, prices, judgement."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from common.changes import Acknowledgements
from runbook.plan import prices
from runbook.plan.plan import Plan, make
from runbook.plan.prices import Prices, PricesError
from runbook.plan.steps import steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.plan.engine import Engine

_ENDPOINT = "https://api.hetzner.cloud/v1"


def propose(engine: Engine) -> Plan:
    """Preview the stack and judge what would happen.

    Raises:
        StackError: there is no stack, no preview or no configuration.
    """
    config = engine.config()
    found = steps(engine.preview())
    listed, notes = _price_list(config)
    return make(engine.name(), found, acknowledgements(config), listed, notes)


def acknowledgements(config: Mapping[str, Any]) -> Acknowledgements:
    """Return what the configuration agrees to."""
    given = config.get("nutri:acknowledge") or ()
    return Acknowledgements(
        tuple(map(str, given)), protect=str(config.get("nutri:protect", True)).lower() != "false"
    )


def _price_list(config: Mapping[str, Any]) -> tuple[Prices, tuple[str, ...]]:
    endpoint = config.get("hcloud:endpoint") or os.environ.get("HCLOUD_ENDPOINT") or _ENDPOINT
    token = config.get("hcloud:token") or os.environ.get("HCLOUD_TOKEN", "")
    try:
        return prices.fetch(str(endpoint).rstrip("/"), str(token)), ()
    except PricesError as error:
        return Prices(), (str(error),)
