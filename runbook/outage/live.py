"""The steps' tools on a real platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import checks
from common.errors import OperatorError
from runbook import docker, logs, output, rolling_restart, servers
from runbook.timeline import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks import Report
    from common.target import ServerTarget, ServiceTarget, Target

_OF_THE_SERVICE = ("dns", "certificate", "health", "spread")
_OF_THE_SERVERS = ("open-ports",)
_RECOVERY_SECONDS = 120.0
_MOST_TAGS = 5
_LOGIN_SECONDS = 20.0


@dataclass(frozen=True)
class LiveTools:
    """Does what `Tools` asks for, to one service of a stack."""

    target: Target
    service: ServiceTarget
    yes: bool

    def probe(self) -> Report:
        """DNS, TLS, ports, health and spread."""
        return checks.run(self.target, checks.select(self._ids()), only=self._only())

    def containers(self) -> Sequence[str]:
        """Those of the service, and Coolify's own; a server that cannot be asked says why."""
        lines: list[str] = []
        for server in self.target.servers:
            try:
                with servers.connect(server) as client:
                    lines += docker.lines(docker.containers(client), self.target)
            except OperatorError as error:
                lines.append(f"{server.name}: {error}")
        return lines

    def silent(self) -> Sequence[str]:
        """Those that a login did not reach in time."""
        return [one.name for one in self.target.servers if _is_silent(one)]

    def confirm_restart(self) -> None:
        """At the terminal, unless --yes."""
        output.confirm(rolling_restart.question(self.service), yes=self.yes)

    def restart(self) -> str:
        """One replica after another, each waited for."""
        with (
            servers.connect_all(self.target) as clients,
            rolling_restart.coolify_over(clients[0], self.target.coolify) as api,
        ):
            done = list(rolling_restart.restart(self.service, clients, api, output.waiting))
        told = f"{output.counted(len(done), 'replica')} restarted through Coolify"
        note(self.target, f"{self.service.name}: {told}", self.service.name)
        return told

    def restart_hard(self) -> str:
        """The same by Docker."""
        with servers.connect_all(self.target) as clients:
            done = list(rolling_restart.restart_hard(self.service, clients, output.waiting))
        told = f"{output.counted(len(done), 'replica')} restarted by Docker"
        note(self.target, f"{self.service.name}: {told}", self.service.name)
        return told

    def recovery(self) -> Report:
        """The same look, repeated until it is green or two minutes are over."""
        return checks.verify(
            self.target,
            self._ids(),
            only=self._only(),
            settle=self.service.patience(_RECOVERY_SECONDS),
            progress=output.waiting,
        )

    def logs(self, count: int) -> Sequence[str]:
        """Over all replicas, in the order of time."""
        with servers.connect_all(self.target) as clients:
            sources = logs.find_sources(clients, self.service)
            found = logs.last_lines(sources, logs.Extent(tail=count, probes=False))
        return [f"{line.replica} | {line.time} {line.text}" for line in found[-count:]]

    def ways_back(self) -> Sequence[str]:
        """The images of the service that are on a server, the newest first."""
        lines = [f"{tag}  of {made}{self._mark(tag)}" for tag, made in self._tags()[:_MOST_TAGS]]
        return [
            f"images of {self.service.name} on its server:",
            *(f"  {line}" for line in lines or ["none; see the registry"]),
            "if it came with the newest tag, go back to the one before:",
            f"  `runbook rollback {self.service.name}`, or",
            (
                f"  `pulumi config set --path --type string '{self.service.tag_setting}' TAG`,"
                " then `pulumi up`"
            ),
        ]

    def _tags(self) -> list[tuple[str, str]]:
        words = ["docker", "images", "--format", "{{.Tag}}\t{{.CreatedAt}}", self.service.image]
        found: list[tuple[str, str]] = []
        for server in self.target.servers:
            try:
                with servers.connect(server) as client:
                    found += parse_tags(client.run(words).stdout)
            except OperatorError as error:
                output.say(f"{server.name}: {error}")
        return found

    def _mark(self, tag: str) -> str:
        return "  (runs now)" if tag == self.service.tag else ""

    def _ids(self) -> tuple[str, ...]:
        return _OF_THE_SERVICE + _OF_THE_SERVERS

    def _only(self) -> set[tuple[str, str]]:
        named = {(name, self.service.name) for name in _OF_THE_SERVICE}
        return named | {(n, one.name) for n in _OF_THE_SERVERS for one in self.target.servers}


def _is_silent(server: ServerTarget) -> bool:
    try:
        with servers.connect(server) as client:
            client.run("true", timeout=_LOGIN_SECONDS)
    except OperatorError:
        return True
    return False


def parse_tags(text: str) -> list[tuple[str, str]]:
    """Tags with their dates, as `docker images` lists them; those without a tag are left out."""
    rows = (line.split("\t") for line in text.splitlines() if "\t" in line)
    return [(tag, made[:19]) for tag, made in rows if tag != "<none>"]
