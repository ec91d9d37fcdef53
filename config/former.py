"""Settings of earlier versions: each is refused with its new spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_BACKEND, _ML = "nutri:services.nutri-backend", "nutri:services.nutri-ml-service"
_TEXT = "--type string "
MOVED: dict[str, tuple[str, str]] = {
    "backendImage": (f"{_BACKEND}.image", _TEXT),
    "backendTag": (f"{_BACKEND}.tag", _TEXT),
    "backendReplicas": (f"{_BACKEND}.replicas", ""),
    "mlImage": (f"{_ML}.image", _TEXT),
    "mlTag": (f"{_ML}.tag", _TEXT),
    "mlReplicas": (f"{_ML}.replicas", ""),
    "healthCheck": ("nutri:services.SERVICE.health", ""),
    "databaseConnectionLimit": (f"{_BACKEND}.database.DATABASE_URL.connections", ""),
}
"""Old key: where its value belongs now, and how it is set."""


def problems(found: Mapping[str, Any]) -> list[str]:
    """Return a line for each old key that the config still has."""
    return [_problem(key, found[key]) for key in MOVED if found.get(key) is not None]


def _problem(key: str, value: object) -> str:
    new, how = MOVED[key]
    if isinstance(value, dict):
        part, inner = next(iter(value.items()), ("interval", 5))
        new, value = f"{new}.{part}", inner
    return (
        f"nutri:{key}: is {new} now; run `pulumi config set --path {how}'{new}' {value}"
        f" && pulumi config rm nutri:{key}`"
    )
