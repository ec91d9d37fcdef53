"""Makes the plan of a stack: preview, configuration, prices, judgement."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from clients.hetzner import HetznerError, freshness, reach
from common.changes import Acknowledgements
from common.target import HetznerTarget
from common.window import Window
from config.endpoints import HCLOUD_ENDPOINT, HETZNER_ENDPOINT
from config.size import SizeSettings
from config.window import WindowSettings
from runbook.plan import prices
from runbook.plan.plan import Plan, make
from runbook.plan.prices import Prices, PricesError
from runbook.plan.steps import steps, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from common.changes import Change
    from runbook.plan.engine import Engine

_BACKUP_HOURS = SizeSettings().resize_backup_hours


def propose(engine: Engine) -> Plan:
    """Preview the stack and judge what would happen.

    Raises:
        StackError: there is no stack, no preview or no configuration.
    """
    config = engine.config()
    digest = engine.preview()
    found = steps(digest)
    listed, notes = _price_list(config)
    agreed = acknowledgements(config)
    made = make(engine.name(), found, agreed, listed, _backups(config))
    return replace(made, notes=(*notes, *told(digest)))


def acknowledgements(config: Mapping[str, Any]) -> Acknowledgements:
    """Return what the configuration agrees to."""
    given = config.get("nutri:acknowledge") or ()
    window = config.get("nutri:maintenanceWindow")
    return Acknowledgements(
        tuple(map(str, given)),
        protect=str(config.get("nutri:protect", True)).lower() != "false",
        window=Window.model_validate(window) if window else WindowSettings().maintenance_window,
    )


def _backups(config: Mapping[str, Any]) -> Callable[[Change], str | None]:
    """Return what says of a server's change whether its backups are fresh enough."""
    endpoint, token = _api(config)
    hours = int(config.get("nutri:resizeBackupHours") or _BACKUP_HOURS)

    def problem(change: Change) -> str | None:
        target = HetznerTarget(endpoint=endpoint, token=SecretStr(token))
        try:
            with reach(target) as api:
                return freshness.problem(api, int(change.old["id"]), hours)
        except HetznerError as error:
            return f"whether there is a fresh backup cannot be told: {error}"

    return problem


def _api(config: Mapping[str, Any]) -> tuple[str, str]:
    endpoint = config.get("hcloud:endpoint") or os.environ.get("HCLOUD_ENDPOINT") or HCLOUD_ENDPOINT
    token = config.get("hcloud:token") or os.environ.get("HCLOUD_TOKEN", "")
    return str(endpoint).rstrip("/"), str(token)


def _price_list(config: Mapping[str, Any]) -> tuple[Prices, tuple[str, ...]]:
    try:
        boxes = str(config.get("hcloud:endpointHetzner") or HETZNER_ENDPOINT).rstrip("/")
        return prices.fetch(*_api(config), boxes), ()
    except PricesError as error:
        return Prices(), (str(error),)
