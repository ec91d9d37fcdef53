"""The variables of an application: what Coolify has of them, and how that differs from ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clients.coolify.client import Client

_HIDDEN = "a value that is shown once"


@dataclass(frozen=True)
class Variable:
    """One of them; `value` None: Coolify shows it to nobody any more."""

    uuid: str
    value: str | None


def read(client: Client, application: str) -> dict[str, Variable]:
    """Return an application's variables by name, without the twins of previews."""
    return {
        str(one["key"]): Variable(str(one["uuid"]), _value(one))
        for one in client.get(f"/applications/{application}/envs")
        if not one.get("is_preview")
    }


def _value(one: Mapping[str, Any]) -> str | None:
    return None if "value" not in one else str(one["value"] or "")


def write(client: Client, application: str, values: Mapping[str, str]) -> None:
    """Set variables, each with every flag: Coolify resets or refuses what is left out."""
    if not values:
        return
    flags = {
        "is_preview": False,
        "is_literal": True,
        "is_multiline": False,
        "is_shown_once": False,
        "is_runtime": True,
        "is_buildtime": False,
    }
    data = [{"key": key, "value": value, **flags} for key, value in sorted(values.items())]
    client.patch(f"/applications/{application}/envs/bulk", {"data": data})


def drift(found: Mapping[str, Variable], wanted: Mapping[str, str], key: str) -> list[str]:
    """Say how what Coolify has differs from what it was given, by names and fingerprints.

    Args:
        found: what it has.
        wanted: fingerprints by name.
        key: of the fingerprints.
    """
    told = []
    for name, one in sorted(found.items()):
        mark = _HIDDEN if one.value is None else fingerprint(key, name, one.value)
        if name not in wanted:
            told.append(f"{name} ({mark}) is set there alone")
        elif mark != wanted[name]:
            told.append(f"{name} is {mark} there instead of {wanted[name]}")
    return told + [f"{name} is missing there" for name in sorted(set(wanted) - set(found))]
