"""Notices servers that go down by themselves: a `reboot` or `poweroff` typed on them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from docker.errors import DockerException
from requests.exceptions import RequestException

from localcloud.node.server_container import SERVER_LABEL
from localcloud.settings import INSTANCE_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

_RETRY_SECONDS = 1.0
_JOIN_SECONDS = 5.0


class Watch:
    """Tells `ended(server id, exit code)` of every server container of an instance that ends."""

    def __init__(
        self, client: DockerClient, instance_name: str, ended: Callable[[int, int], None]
    ) -> None:
        """`ended` is called in the watch's own thread."""
        self._client = client
        self._filters = {
            "event": "die",
            "label": [f"{INSTANCE_LABEL}={instance_name}", SERVER_LABEL],
        }
        self._ended = ended
        self._stopped = threading.Event()
        self._events: Any = None
        self._thread = threading.Thread(target=self._run, name="localcloud-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        if self._events is not None:
            self._events.close()
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._events = self._client.events(decode=True, filters=self._filters)
                for event in self._events:
                    self._tell(event)
            except (DockerException, RequestException, OSError, ValueError):
                # The engine restarts, or the stream was closed by `stop`.
                pass
            self._stopped.wait(_RETRY_SECONDS)

    def _tell(self, event: dict[str, Any]) -> None:
        attributes = event.get("Actor", {}).get("Attributes", {})
        if not self._stopped.is_set():
            self._ended(int(attributes[SERVER_LABEL]), int(attributes.get("exitCode", 0)))
