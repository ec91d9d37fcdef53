"""The env file of an application: Coolify's own variables, the user's, PORT and HOST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.envs.models import real_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.coolify.database import Row


def env_file(app: Row, settings: Row, variables: Iterable[Row], container: str, commit: str) -> str:
    """The text of `.env`, in the order Coolify writes it."""
    chosen = [row for row in variables if row["is_runtime"]]
    key = "key" if settings["is_env_sorting_enabled"] else "id"
    chosen.sort(key=lambda row: row[key])
    taken = {row["key"] for row in chosen}
    lines = [
        f"{name}={value or ''}"
        for name, value in _injected(app, container, commit).items()
        if name not in taken
    ]
    lines += [f"{row['key']}={real_value(row) or ''}" for row in chosen]
    ports = (app["ports_exposes"] or "").split(",")
    if "PORT" not in taken and ports[0]:
        lines.append(f"PORT={ports[0]}")
    if "HOST" not in taken:
        lines.append("HOST=0.0.0.0")
    return "".join(f"{line}\n" for line in lines)


def _injected(app: Row, container: str, commit: str) -> dict[str, Any]:
    url = app["fqdn"] or ""
    return {
        "SOURCE_COMMIT": commit,
        "COOLIFY_URL": url,
        "COOLIFY_FQDN": url.replace("http://", "").replace("https://", ""),
        "COOLIFY_BRANCH": app["git_branch"],
        "COOLIFY_RESOURCE_UUID": app["uuid"],
        "COOLIFY_CONTAINER_NAME": container,
    }
