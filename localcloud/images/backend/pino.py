"""Log lines as pino writes them: one JSON object a line, the level as text, ISO time."""

import json
import os
import sys
import traceback
from datetime import UTC, datetime

from environment import text

SERVICE = "nutri-backend"
PACKAGE_VERSION = "1.0.0"
LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
UNQUIET = LEVELS.index("info")
ENVIRONMENT = text("NODE_ENV", "development")


def log(level: str, message: str, **fields: object) -> None:
    """Write a line, unless LOG_LEVEL is above its level."""
    if LEVELS.index(level) < _least():
        return
    head = {"level": level, "time": now(), "service": SERVICE, "version": PACKAGE_VERSION}
    line = {**head, "environment": ENVIRONMENT, **fields, "msg": message}
    sys.stdout.write(f"{json.dumps(line)}\n")  # in one piece: several threads write
    sys.stdout.flush()


def now() -> str:
    """The time as JavaScript writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def err(error: Exception) -> dict[str, object]:
    """An error as pino's serializer has it."""
    stack = "".join(traceback.format_exception(error)).strip()
    return {"type": type(error).__name__, "message": str(error).strip(), "stack": stack}


def _least() -> int:
    wanted = os.environ.get("LOG_LEVEL", "info")
    return LEVELS.index(wanted) if wanted in LEVELS else UNQUIET
