"""The program of the container `coolify-proxy`: keeps HAProxy in step with what runs.

It looks whenever Docker tells of a container, whenever a file in the folder changes, and every few
seconds all the same. A file `localcloud-event-delay` beside the certificates makes it learn of
events so many seconds late: the fault of a proxy that still sends to a container that has ended.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.coolify.proxy.certificates import Certificates
from localcloud.coolify.proxy.docker_socket import DockerSocket
from localcloud.coolify.proxy.dynamic import files, read_folder
from localcloud.coolify.proxy.haproxy import CERTIFICATES, RUN, render
from localcloud.coolify.proxy.merge import merge
from localcloud.coolify.proxy.process import ConfigurationError, HaProxy
from localcloud.coolify.proxy.resolve import resolve, united
from localcloud.coolify.proxy.trusted import read_trusted

_log = logging.getLogger(__name__)
_FOLDER = Path("/traefik")
_AUTHORITY = "http://ca.localcloud.test/sign"
_RESYNC_SECONDS = 10.0
_FOLDER_SECONDS = 0.5
_SETTLE_SECONDS = 0.02
_RECONNECT_SECONDS = 1.0


@dataclass
class Agent:
    """One proxy."""

    folder: Path = _FOLDER
    docker: DockerSocket = field(default_factory=DockerSocket)
    haproxy: HaProxy = field(default_factory=HaProxy)
    authority: str = _AUTHORITY
    _wake: threading.Event = field(default_factory=threading.Event)
    _told: tuple[str, ...] = ()
    _stamps: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        self.certificates = Certificates(
            self.folder / "acme.json", Path(CERTIFICATES), self.authority
        )
        # Like Traefik's own options: looked at once, so that a change wants a restart.
        self._trusted = read_trusted(self.folder / "docker-compose.yml")

    def run(self) -> None:
        """Work until HAProxy ends."""
        Path(RUN).mkdir(parents=True, exist_ok=True)
        self.certificates.prepare()
        threading.Thread(target=self._listen, name="events", daemon=True).start()
        self.sync()
        looked = time.monotonic()
        while self.haproxy.alive():
            # A look of its own accord would see at once what it shall learn late.
            due = time.monotonic() - looked >= _RESYNC_SECONDS and not self.delay()
            if self._wake.wait(_FOLDER_SECONDS) or due or self._folder_changed():
                self._wake.clear()
                self.sync()
                looked = time.monotonic()
        raise SystemExit("HAProxy ended")

    def sync(self) -> None:
        """Bring HAProxy to what is so now."""
        try:
            containers = merge(self.docker.containers())
        except OSError as error:
            _log.error("Docker: %s", error)
            containers = merge(())
            if self.haproxy.alive():
                return
        dynamic = read_folder(self.folder / "dynamic")
        resolved = resolve(united((containers.configuration, dynamic.configuration)))
        self._tell((*containers.problems, *dynamic.problems, *resolved.problems))
        self._apply(render(resolved, self._trusted))
        # Routes first: they answer, with the default certificate, while others are fetched.
        if self.certificates.ensure(resolved.certificates()):
            self._apply(render(resolved, self._trusted), force=True)

    def _apply(self, text: str, *, force: bool = False) -> None:
        try:
            if self.haproxy.apply(text, force=force):
                _log.info("new configuration")
        except ConfigurationError as error:
            _log.error("HAProxy refuses the configuration: %s", error)

    def _listen(self) -> None:
        while True:
            try:
                for event in self.docker.events():
                    self._notice(event)
            except (OSError, ValueError) as error:
                _log.warning("events: %s", error)
            time.sleep(_RECONNECT_SECONDS)
            self._wake.set()

    def _notice(self, event: str) -> None:
        """Look soon, or so much later: each event by itself, however many there are."""
        delay = self.delay()
        if delay:
            _log.warning("%s: noticed %.0f s late on purpose", event, delay)
        timer = threading.Timer(delay + _SETTLE_SECONDS, self._wake.set)
        timer.daemon = True
        timer.start()

    def delay(self) -> float:
        """Seconds by which events are noticed late: the fault to play, normally none."""
        try:
            return float((self.folder / "localcloud-event-delay").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0.0

    def _folder_changed(self) -> bool:
        found = files(self.folder / "dynamic")
        stamps = tuple((path.name, path.stat().st_mtime) for path in found if path.exists())
        changed = stamps != self._stamps
        self._stamps = stamps
        return changed

    def _tell(self, problems: tuple[str, ...]) -> None:
        """Log what is wrong once, not at every look."""
        for problem in problems:
            if problem not in self._told:
                _log.error("%s", problem)
        self._told = problems


def main() -> None:
    """Serve until told to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    agent = Agent(authority=os.environ.get("LOCALCLOUD_AUTHORITY", _AUTHORITY))

    def stop(*_: object) -> None:
        agent.haproxy.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    agent.run()


if __name__ == "__main__":
    main()
