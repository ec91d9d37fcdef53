"""Run on a server: what its proxy had in force when each container was told to end.

Usage: watching.py SERVICE. Prints a line of JSON for each stop.
"""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

_POLL_SECONDS = 0.05
_IN_FORCE = 418
_SIGTERM = {"15", "SIGTERM"}


class History:
    """Which servers the drain's file named, and since when the proxy had it, look by look."""

    def __init__(self, service: str) -> None:
        self._file = Path(f"/data/coolify/proxy/dynamic/nutri-drain-{service}.yaml")
        self._looks: list[tuple[float, list[str]]] = []

    def follow(self) -> None:
        """Look on and on."""
        while True:
            found = self._in_force()
            self._looks.append((time.time(), found))
            time.sleep(_POLL_SECONDS)

    def before(self, moment: float) -> list[str]:
        """What the last look found that ended before a moment."""
        return next((urls for when, urls in reversed(self._looks) if when < moment), [])

    def _in_force(self) -> list[str]:
        try:
            text = self._file.read_text(encoding="utf-8")
        except OSError:
            return []
        mark = re.search(r"Path\(`(/[0-9a-f]+/[0-9a-f]+)`\)", text)
        urls = re.findall(r"http://[0-9.]+:\d+", text)
        return sorted(set(urls)) if mark and _status(mark.group(1)) == _IN_FORCE else []


def _status(path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=3)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def main(service: str) -> None:
    """Tell each stop, until killed."""
    history = History(service)
    threading.Thread(target=history.follow, daemon=True).start()
    words = ["docker", "events", "--filter", "event=kill", "--format", "{{json .}}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as events:
        for line in events.stdout or ():
            event = json.loads(line)
            labels = event["Actor"]["Attributes"]
            if (
                labels.get("signal") in _SIGTERM
                and f"traefik.http.routers.{service}.rule" in labels
            ):
                named = history.before(event["timeNano"] / 1e9)
                told = {"address": _address(event["Actor"]["ID"]), "named": named}
                print(json.dumps(told), flush=True)  # noqa: T201 - what it is for


def _address(container: str) -> str:
    form = "{{.NetworkSettings.Networks.coolify.IPAddress}}"
    words = ["docker", "inspect", "--format", form, container]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1])
