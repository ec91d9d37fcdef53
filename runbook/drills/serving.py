"""What users see during a drill: one request after another, and rows that are written."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import httpx

from clients.dns import Resolver
from clients.registry import direct

if TYPE_CHECKING:
    from common.target import ServiceTarget, Target

_PAUSE = 0.25
_TIMEOUT = 5.0


@dataclass(frozen=True)
class Look:
    """One request: when it ended, and whether it was well; `row` is the name it wrote."""

    at: float
    well: bool
    row: str = ""


@dataclass
class Traffic(AbstractContextManager["Traffic"]):
    """Asks a service's health, and writes rows through it, until the block ends.

    A row counts as written once the app has said so. `rows` is the path to post them to; empty:
    none are written.
    """

    target: Target
    service: ServiceTarget
    prefix: str
    rows: str = ""
    looks: list[Look] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _writes: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Begin."""
        self._writes.set()
        self._threads = [threading.Thread(target=self._ask, daemon=True)]
        if self.rows:
            self._threads.append(threading.Thread(target=self._write, daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_TIMEOUT * 2)

    def stop_writing(self) -> None:
        """No row from now on."""
        self._writes.clear()

    @property
    def written(self) -> dict[str, float]:
        """The rows the app has taken, and when."""
        return {look.row: look.at for look in self.looks if look.row and look.well}

    def served_since(self, moment: float) -> float | None:
        """When the service was first well after a moment; None: not yet."""
        found = [one.at for one in self.looks if not one.row and one.well and one.at > moment]
        return min(found, default=None)

    def _ask(self) -> None:
        while not self._stop.wait(_PAUSE):
            self.looks.append(self._look("GET", self.service.health_path))

    def _write(self) -> None:
        number = 0
        while not self._stop.wait(_PAUSE):
            if self._writes.is_set():
                number += 1
                self.looks.append(self._look("POST", self.rows, f"{self.prefix}-{number}"))

    def _look(self, method: str, path: str, row: str = "") -> Look:
        body = {"json": {"name": row}} if row else {}
        vantage = self.target.vantage
        try:
            # Each on its own: the address may be another one by now.
            with direct(Resolver(vantage.nameservers), vantage.ca_bundle) as connect:
                url = f"{self.service.url}{path}"
                answer = connect("").request(method, url, timeout=_TIMEOUT, **body)  # type: ignore[arg-type]
                well = answer.is_success
        except httpx.HTTPError:
            well = False
        return Look(time.monotonic(), well, row)
