"""What is asked for and what has come of it: files that end with the server's uptime."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from agent.drain import routes

NO_SPACE = "no space left on device"
"""Why the proxy got no file, where it is not the proxy's doing."""
STATE = Path("/run/nutri-drain")

Json = dict[str, Any]


def route_file(service: str) -> Path:
    """The proxy's file."""
    return routes.DYNAMIC / f"nutri-drain-{service}.yaml"


def spec_file(service: str) -> Path:
    """What is asked for."""
    return STATE / f"{service}.json"


def status_file(service: str) -> Path:
    """What has come of it."""
    return STATE / f"{service}.status"


def read(path: Path) -> Json | None:
    """A file of ours; None where there is none."""
    try:
        found: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def write_state(path: Path, value: Json) -> None:
    """Whole or not at all."""
    scratch = path.with_suffix(f".{secrets.token_hex(4)}")
    scratch.write_text(json.dumps(value), encoding="utf-8")
    scratch.replace(path)
