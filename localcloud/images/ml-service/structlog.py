"""Log lines as the service writes them: structlog's JSON, and uvicorn's plain ones."""

import json
import os
import sys
from datetime import UTC, datetime

QUIET = {"warning", "error", "critical"}


def log(event: str, level: str = "info", **fields: object) -> None:
    """A line of JSON, unless LOG_LEVEL is above its level."""
    least = os.environ.get("LOG_LEVEL", "info").lower()
    if level in QUIET or least not in QUIET:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        _write(sys.stdout, json.dumps({"event": event, "level": level, **fields, "timestamp": now}))


def plain(message: str, level: str = "INFO") -> None:
    """A line of uvicorn's."""
    _write(sys.stderr, f"{level + ':':<9} {message}")


def access(message: str) -> None:
    """A line of uvicorn's about a request."""
    _write(sys.stdout, f"{'INFO:':<9} {message}")


def _write(stream: object, line: str) -> None:
    stream.write(f"{line}\n")  # in one piece: several processes write
    stream.flush()
