"""The log of a deployment, and the reason in it where it failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LAST_LINES = 20
_CONTAINER = "Container logs:"
_PROBE = "Healthcheck logs:"


def _visible(state: Mapping[str, Any]) -> list[str]:
    """Return the lines Coolify shows people: the hidden ones are its own stack trace."""
    try:
        entries = [e for e in json.loads(state.get("logs") or "[]") if not e.get("hidden")]
        outputs = [str(entry.get("output") or "") for entry in entries]
    except (ValueError, AttributeError, TypeError):
        outputs = [str(state.get("logs"))]
    lines = [line.rstrip() for output in outputs for line in output.splitlines()]
    return [line for line in lines if line]


def _is_rule(line: str) -> bool:
    return not line.strip("-=")


def _of_container(lines: list[str]) -> list[str]:
    """Return what the new container said: between its heading and the rule after it."""
    begin = max(number for number, line in enumerate(lines) if line == _CONTAINER)
    said: list[str] = []
    for line in lines[begin + 1 :]:
        if _is_rule(line):
            break
        said.append(line)
    probes = [line for line in lines[:begin] if line.startswith(_PROBE)]
    return [*probes[-1:], _CONTAINER, *(said[-LAST_LINES:] or ["(it wrote nothing)"])]


def reason(state: Mapping[str, Any]) -> str:
    """Return why a deployment failed, as far as its log says, indented.

    An unhealthy container's own last lines, else the last lines that are for people.
    """
    lines = _visible(state)
    if _CONTAINER in lines:
        chosen = _of_container(lines)
    else:
        chosen = [line for line in lines if not _is_rule(line)][-LAST_LINES:]
    return "\n".join(f"    {line}" for line in chosen)
