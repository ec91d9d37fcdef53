"""A changed `nutri:coolifyVersion`: up is an update, down is no way at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.versions import is_older
from infra import state

if TYPE_CHECKING:
    from config.settings import Settings

_INSTANCE = "pulumi-python:dynamic/coolify:Instance"


def problems(settings: Settings) -> list[str]:
    """Return why the version cannot be had, a line; or none."""
    installed, wanted = _installed(), settings.coolify_version
    if not installed or not is_older(wanted, installed):
        return []
    kept = f"/data/coolify/nutri-before-{installed}.sql.gz"
    why = (
        f"nutri:coolifyVersion: {wanted} is older than {installed}, which is installed: Coolify's "
        "database was migrated to it, and its migrations have no way back. Right would be "
        f"{installed} or newer; the way back is the server's backup of before, `runbook server "
        f"restore`, or Coolify's own database, kept on it as {kept}"
    )
    return [why]


def _installed() -> str:
    try:
        found = (one for one in state.resources() if one.get("type") == _INSTANCE)
        return str((next(found, {}).get("outputs") or {}).get("version") or "")
    except state.ReadError:
        return ""
