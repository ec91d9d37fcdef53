"""The steps' tools on a running stack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import checks
from clients.postgres import DatabaseError
from common.errors import OperatorError
from common.maintenance import OFF, Mode
from runbook import maintenance, output, servers
from runbook.maintenance import notices, steps
from runbook.migrate import lock, pending
from runbook.migrate.container import one_off, require_urls
from runbook.stack import load_target

if TYPE_CHECKING:
    from common.target import ServiceTarget, Target
    from runbook.migrate.checkout import Checkout
    from runbook.migrate.pending import Migrations
    from runbook.updates import Updates

_CHECKS = ("maintenance", "containers", "health", "spread", "version")
_STATUS_SECONDS = 120.0
_MIGRATE_SECONDS = 3600.0
_DUMP_SECONDS = 4 * 3600.0
_SETTLE_SECONDS = 60.0


@dataclass
class LiveTools:
    """For one service and one tag; the target is that of the latest update."""

    updates: Updates
    target: Target
    service: ServiceTarget
    tag: str
    force: bool
    checkout: Checkout | None = None
    """Where Prisma runs; None: in a container of an image."""

    def status(self) -> Migrations:
        """As the new image, or the checkout, sees the database.

        Raises:
            OperatorError: it cannot be asked there, and everything that is missing for that.
        """
        missing = self.checkout.missing() if self.checkout else []
        if missing:
            raise OperatorError("; ".join(missing))
        code, words = self._run(pending.STATUS, writes=False)
        return pending.parse(words, self._place, code)

    def apply(self) -> tuple[int, str]:
        """Run the migrate command there."""
        command = self.target.maintenance.migrate_command
        output.say(f"{command}, in {self._place}:")
        return self._run(command, writes=True)

    def wait_for_others(self) -> None:
        """Wait until nobody else migrates.

        Raises:
            OperatorError: somebody still does, and who.
        """
        lock.wait_for_it(self._holder, progress=output.waiting)

    def blocked_by(self) -> str:
        """Who else migrates; empty where nobody does."""
        found = self._holder()
        return f"{found} holds Prisma's lock" if found else ""

    def resolve(self, name: str) -> tuple[int, str]:
        """Mark a failed migration as rolled back."""
        return self._run(pending.resolved(name), writes=True)

    def page_is_on(self) -> bool:
        """By the config, which an update that failed may be behind of."""
        return maintenance.read(self.updates).mode is Mode.ON

    def require_page_may_begin(self) -> None:
        """Refuse what `runbook maintenance start` would refuse.

        Raises:
            OperatorError: it was not announced, or this is not the time.
        """
        before = maintenance.read(self.updates)
        now = datetime.now(UTC)
        one = maintenance.begun(before, now)
        window = self.target.maintenance.window
        against = maintenance.objections_to_beginning(one, before, window, now)
        maintenance.require(against, force=self.force)

    def page_on(self) -> None:
        """Put the page before the services, and see it there."""
        one = maintenance.begun(maintenance.read(self.updates), datetime.now(UTC))
        self.target = steps.bring_about(self.updates, one)
        report = steps.proven(self.target, steps.SHOWN)
        if report.not_green:
            raise OperatorError(f"the maintenance page is not shown:\n{report.table()}")
        notices.send(self.updates.stack, notices.beginning(self.target, one))

    def page_off(self) -> None:
        """Take it away, and tell people where the services serve."""
        before = maintenance.read(self.updates)
        self.target = steps.bring_about(self.updates, OFF)
        if not steps.proven(self.target, steps.SERVES).not_green:
            notices.send(self.updates.stack, notices.ending(self.target, before))

    def require_dumps(self) -> None:
        """Refuse to go where there is no way back from.

        Raises:
            OperatorError: the stack takes no dumps.
        """
        if self.target.dumps is None:
            raise OperatorError(
                "the stack takes no dumps, so there is no way back to before the migration: "
                "`pulumi config set dumps true`; --without-dump goes on all the same"
            )

    def dump(self) -> str:
        """Take a dump, as its timer does; when that was.

        Raises:
            OperatorError: none could be taken.
        """
        with servers.connect(self.target.servers[0]) as client, output.busy("dumping"):
            taken = json.loads(client.run("nutri-dump now", timeout=_DUMP_SECONDS).stdout)
        output.say(f"dumped: {taken['rows']} rows at {taken['at']}")
        return str(taken["at"])

    def is_deployed(self) -> bool:
        """Whether config and stack have the new tag."""
        configured = self.updates.value(self.service.tag_setting)
        deployed = servers.find_service(self.target, self.service.name).tag
        return configured == deployed == self.tag

    def deploy(self) -> bool:
        """Bring the new tag into service; when that fails, the old one back."""
        setting, left = self.service.tag_setting, self.service.tag
        self.updates.set_value(setting, self.tag)
        output.say(f"{setting} is {self.tag} now; `pulumi up` brings it about:")
        if self.updates.up():
            self.target = load_target(self.updates.stack)
            return True
        output.say(f"the update failed; {setting} is {left} again, and `pulumi up` sees to it:")
        self.updates.set_value(setting, left)
        self.updates.up()
        return False

    def verify(self) -> checks.Report:
        """What the checks say of the service."""
        only = {(name, self.service.name) for name in _CHECKS}
        return checks.verify(
            self.target, _CHECKS, only=only, settle=self.service.patience(_SETTLE_SECONDS)
        )

    @property
    def _image(self) -> str:
        wanted = self.target.maintenance.migrate_image or self.service.image
        has_tag = ":" in wanted.rpartition("/")[2] or "@" in wanted
        return wanted if has_tag else f"{wanted}:{self.tag}"

    @property
    def _place(self) -> str:
        return self.checkout.name if self.checkout else f"a container of {self._image}"

    def _holder(self) -> lock.Holder | None:
        """Who migrates now; nobody where the database cannot be asked from this machine."""
        try:
            return lock.holder(self._environment()["DIRECT_URL"], self.target.vantage)
        except DatabaseError as error:
            output.say(f"whether somebody else migrates cannot be told from here: {error}")
            return None

    def _run(self, command: str, *, writes: bool) -> tuple[int, str]:
        environment = self._environment()
        bound = _MIGRATE_SECONDS if writes else _STATUS_SECONDS
        if self.checkout:
            return self.checkout.run(command, environment, bound)
        with servers.connect(self.target.servers[0]) as client:
            ended = one_off(
                client,
                self._image,
                command,
                environment,
                writes=writes,
                bound=bound,
                progress=output.waiting,
            )
        return ended.code, ended.output

    def _environment(self) -> dict[str, str]:
        """Past the pooler, by both names that a schema may read."""
        database = self.target.database
        if database is None or database.direct_url is None:
            raise OperatorError(
                "the stack knows no way to the database past the pooler, and migrations need it: "
                "`pulumi config set --secret nutri:databaseDirectUrl`, then `pulumi up`"
            )
        url = database.direct_url.get_secret_value()
        found = {"DATABASE_URL": url, "DIRECT_URL": url}
        require_urls(found)
        return found
