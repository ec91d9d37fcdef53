"""B5, drilled: a server lost without warning, and a platform made anew from the kit alone."""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clients import hetzner
from clients.dns import Resolver
from clients.postgres import connect as connect_database
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until
from runbook import disk_restore, output, servers
from runbook.drills import survivors
from runbook.drills.rebuild import InterruptedUpError, Rebuild, phases
from runbook.drills.report import Phase
from runbook.drills.serving import Traffic
from runbook.kit import files
from runbook.kit.collect import Source
from runbook.kit.unpack import Plan, Unpacking, in_place_of
from runbook.stack import find_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from common.target import ServiceTarget, Target
    from runbook.drills.report import Drill, Timer
    from runbook.kit import Kit, Passphrase

RTO_SECONDS, RPO_SECONDS = 3600.0, 24 * 3600.0
_PROGRAM = (
    "Pulumi.yaml",
    "app.yaml",
    "__main__.py",
    "infra",
    "runbook",
    "checks",
    "config",
    "clients",
    "common",
    "agent",
)
_NOT_COPIED = shutil.ignore_patterns("__pycache__")
_SERVING_SECONDS = 900.0
_LEAST_ROWS = 5
_ROWS_SECONDS = 60.0
_DUMP_SECONDS = 900.0


@dataclass(frozen=True)
class Wish:
    """What is to be drilled; `rows` is the path of the first service that takes rows, or empty."""

    name: str
    """Of the new stack."""
    folder: Path
    lose_database: bool = False
    interrupt_after: str | None = None
    rows: str = ""
    location: str | None = None


@dataclass
class Disaster:
    """One drill: `drill` becomes the report."""

    drill: Drill
    target: Target
    wish: Wish
    passphrase: Passphrase
    say: Callable[[str], None]

    def run(self) -> None:
        """Break everything, make it anew, measure; the outcome is in the report."""
        with self.drill.running(self.say) as phase:
            kit_file = self.wish.folder / "recovery.kit"
            with phase("kit"):
                self._export(kit_file)
            with Traffic(self.target, self._service, self._prefix, self.wish.rows) as traffic:
                self._before(phase, traffic)
                with phase("disaster"):
                    self._destroy()
                lost_at = time.monotonic()
                traffic.stop_writing()
                # From here on there is the kit, and a folder with the program.
                kit = files.read(kit_file, self.passphrase)
                self._anew(phase, kit)
                with phase("serving"):
                    back = self._wait_for_service(traffic, lost_at)
            self._measure(traffic, lost_at, back)

    def __post_init__(self) -> None:
        self._prefix = f"drill-{secrets.token_hex(4)}"
        user = self.target.database.service if self.target.database else ""
        self._service: ServiceTarget = self.target.public[-1]
        for service in self.target.public:
            if service.name == user:
                self._service = service

    def _export(self, file: Path) -> None:
        source = Source(find_project(Path.cwd()), self.target.stack, self.target.dumps)
        self.wish.folder.mkdir(parents=True, exist_ok=True)
        files.write(source.kit(), file, self.passphrase)

    def _before(self, phase: Callable[[str], Timer], traffic: Traffic) -> None:
        if not self.wish.rows:
            return
        with phase("rows"):
            _wait_for_rows(traffic, _LEAST_ROWS)
        if self.target.dumps:
            with phase("dump"), servers.connect(self.target.servers[0]) as client:
                client.run("nutri-dump now", timeout=_DUMP_SECONDS)
            with phase("rows after it"):
                _wait_for_rows(traffic, len(traffic.written) + _LEAST_ROWS)

    def _destroy(self) -> None:
        """As an attacker with the token, or a fire: no shutdown, no warning, no backup left."""
        with hetzner.connect(self.target, output.waiting) as api:
            for server in self.target.servers:
                with disk_restore.unprotected(api, server, back=False):
                    api.delete(f"servers/{server.id}")
        if self.wish.lose_database:
            self._lose_database()

    def _lose_database(self) -> None:
        database = self.target.database
        if database is None or database.direct_url is None:
            raise OperatorError("the stack has no nutri:databaseDirectUrl: which data to lose?")
        url = database.direct_url.get_secret_value()
        with connect_database(url, Resolver(self.target.vantage.nameservers)) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")

    def _anew(self, phase: Callable[[str], Timer], kit: Kit) -> None:
        with phase("import"):
            project = self.wish.folder / "program"
            copy_program(find_project(Path.cwd()), project)
            changes = in_place_of(kit)
            if self.wish.location:
                changes["nutri:location"] = self.wish.location
            # Without the metadata: written in two steps, it does not survive a kill.
            backend = f"file://{self.wish.folder.resolve()}/state?metadata=skip"
            made = Unpacking(kit, Plan(self.wish.name, changes, backend), project).run()
        rebuild = Rebuild(project, self.wish.name, made.environment, self.say)
        began = time.monotonic()
        with phase("up") as timer:
            timer.note = self._up(rebuild)
        # The whole gives way to its parts.
        whole = self.drill.phases.pop()
        for name, at, seconds in phases(rebuild.moments, began):
            begins = round(whole.at + at - began, 3)
            self.drill.phases.append(
                Phase(name=name, at=begins, seconds=round(seconds, 3), note=whole.note)
            )

    def _up(self, rebuild: Rebuild) -> str:
        if self.wish.interrupt_after is None:
            rebuild.up()
            return ""
        try:
            rebuild.up(cut_off_after=self.wish.interrupt_after)
        except InterruptedUpError as cut:
            self.say(f"   {cut}")
            rebuild.unlock()
            rebuild.up()
            return f"cut off after: {self.wish.interrupt_after}"
        raise OperatorError(f"the update ended before {self.wish.interrupt_after} was there")

    def _wait_for_service(self, traffic: Traffic, lost_at: float) -> float:
        def look() -> float:
            back = traffic.served_since(lost_at + 1)
            if back is None:
                raise NotYetError("no answer is well")
            return back

        return wait_until(
            f"{self._service.name} to serve again", look, bound=_SERVING_SECONDS, interval=0.2
        )

    def _measure(self, traffic: Traffic, lost_at: float, back: float) -> None:
        measures = self.drill.measures
        measures["rto_seconds"] = round(back - lost_at, 1)
        measures["rto_goal_seconds"] = RTO_SECONDS
        measures["rpo_goal_seconds"] = RPO_SECONDS
        if self.wish.rows:
            measures |= self._losses(traffic.written, lost_at)
            self.drill.measures = measures
        if measures["rto_seconds"] > RTO_SECONDS:
            raise OperatorError(f"it took longer than the goal of {RTO_SECONDS:g} s")
        if measures.get("rpo_seconds", 0) > RPO_SECONDS:
            raise OperatorError(f"older data than {RPO_SECONDS:g} s was lost")

    def _losses(self, written: dict[str, float], lost_at: float) -> dict[str, float]:
        survived = set(self._surviving())
        lost = {row: at for row, at in written.items() if row not in survived}
        oldest = min(lost.values(), default=lost_at)
        return {
            "rows_written": float(len(written)),
            "rows_lost": float(len(lost)),
            "rpo_seconds": round(lost_at - oldest, 1),
        }

    def _surviving(self) -> Iterable[str]:
        database = self.target.database
        if database is None or database.direct_url is None:
            raise OperatorError("the rows cannot be counted without nutri:databaseDirectUrl")
        url = database.direct_url.get_secret_value()
        with connect_database(url, Resolver(self.target.vantage.nameservers)) as connection:
            return survivors.names(connection, self._prefix)


def _wait_for_rows(traffic: Traffic, count: int) -> None:
    def enough() -> bool:
        if len(traffic.written) < count:
            raise NotYetError(f"{len(traffic.written)} of {count} rows are written")
        return True

    wait_until("rows to be written through the app", enough, bound=_ROWS_SECONDS, interval=0.2)


def copy_program(source: Path, folder: Path) -> None:
    """Put the program as a fresh clone has it into an empty folder; its packages are linked."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _PROGRAM:
        part = source / name
        if part.is_dir():
            shutil.copytree(part, folder / name, dirs_exist_ok=True, ignore=_NOT_COPIED)
        else:
            shutil.copy(part, folder / name)
    link = folder / ".venv"
    if not link.exists():
        link.symlink_to((source / ".venv").resolve())
