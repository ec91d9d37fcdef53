"""The steps of a migration. Each looks first, so that the same command again goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from common.errors import OperatorError
from runbook.migrate.pending import Migrations, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checks import Report

_OF_DUMP = "`runbook dump list` has the dump that was taken before"
_LAST_LINES = 15


@dataclass(frozen=True)
class Migration:
    """What is to be done."""

    service: str
    tag: str
    with_page: bool
    """Users see the maintenance page meanwhile; without, the migration is a compatible one."""
    with_dump: bool


@dataclass(frozen=True)
class Outcome:
    """How it went; `report` is there once all steps were done."""

    applied: tuple[str, ...]
    dump: str
    report: Report | None
    problem: str = ""

    @property
    def is_good(self) -> bool:
        """The tag serves, with the database it needs."""
        return self.report is not None and not self.report.not_green

    def as_json(self) -> dict[str, Any]:
        """The outcome in JSON's types."""
        found = {"applied": list(self.applied), "dump": self.dump, "problem": self.problem}
        return found | {"done": self.is_good} | (self.report.as_json() if self.report else {})


class Tools(Protocol):
    """What the steps are done with."""

    def status(self) -> Migrations:
        """As the new image sees the database."""

    def wait_for_others(self) -> None:
        """Wait until nobody else migrates; raise who still does."""

    def blocked_by(self) -> str:
        """Who else migrates; empty where nobody does."""

    def page_is_on(self) -> bool:
        """Whether the config has maintenance on."""

    def require_page_may_begin(self) -> None:
        """Refuse to begin where this is not the time."""

    def page_on(self) -> None:
        """Put the page before the services."""

    def page_off(self) -> None:
        """Take it away."""

    def require_dumps(self) -> None:
        """Refuse where none can be taken."""

    def dump(self) -> str:
        """Take a dump; when that was."""

    def apply(self) -> tuple[int, str]:
        """Run the migrate command in a container of the new image: its code and words."""

    def is_deployed(self) -> bool:
        """Whether config and stack have the new tag."""

    def deploy(self) -> bool:
        """Bring the new tag into service; when that fails, the old one back."""

    def verify(self) -> Report:
        """What the checks say in the end."""


def migrate(wanted: Migration, tools: Tools, say: Callable[[str], None]) -> Outcome:
    """Do what is left to do.

    Raises:
        OperatorError: it cannot be begun, and nothing was touched.
    """
    before = _look(wanted, tools)
    say(f"the database, as {wanted.tag} sees it: {before}")
    _require_a_way(before, wanted)
    applied: tuple[str, ...] = ()
    dump = ""
    if before.state is State.PENDING:
        if wanted.with_page and not tools.page_is_on():
            tools.page_on()
        try:
            dump = tools.dump() if wanted.with_dump else ""
        except OperatorError as error:
            return Outcome((), "", None, _not_dumped(error, tools))
        problem = _apply(before, wanted, tools, say)
        if problem:
            return Outcome((), dump, None, problem)
        applied = before.names
    if not tools.is_deployed() and not tools.deploy():
        return Outcome(applied, dump, None, _not_deployed(wanted, tools))
    if tools.page_is_on():
        tools.page_off()
    return Outcome(applied, dump, tools.verify())


def _look(wanted: Migration, tools: Tools) -> Migrations:
    """What the database has had, once nothing is missing for what is to come.

    Raises:
        OperatorError: everything that is missing.
    """
    problems: list[str] = []
    before = None
    try:
        tools.wait_for_others()
        before = tools.status()
    except OperatorError as error:
        problems.append(str(error))
    if before is None or before.state is State.PENDING:
        problems += _unprepared(wanted, tools)
    if before is None or problems:
        raise OperatorError("\n".join(problems))
    return before


def _unprepared(wanted: Migration, tools: Tools) -> Iterator[str]:
    needs: list[Callable[[], None]] = []
    if wanted.with_page and not tools.page_is_on():
        needs.append(tools.require_page_may_begin)
    if wanted.with_dump:
        needs.append(tools.require_dumps)
    for require in needs:
        try:
            require()
        except OperatorError as error:
            yield str(error)


def _not_dumped(error: OperatorError, tools: Tools) -> str:
    if tools.page_is_on():
        tools.page_off()
    return f"no dump could be taken, so nothing was migrated, and no page is up: {error}"


def _require_a_way(before: Migrations, wanted: Migration) -> None:
    if before.state is State.FAILED:
        name = before.names[0]
        raise OperatorError(
            f"{before}. Nothing was touched. Once the database is as before {name} (see what it "
            f"did; {_OF_DUMP}): `runbook migrations resolve {wanted.tag} {name}` takes it for "
            "rolled back, and an image with a mended one can be migrated to"
        )
    if before.state is State.DIVERGED:
        raise OperatorError(f"{before} Nothing was touched")


def _apply(before: Migrations, wanted: Migration, tools: Tools, say: Callable[[str], None]) -> str:
    """Apply what is pending; what is wrong, if anything is."""
    code, words = tools.apply()
    for line in words.strip().splitlines()[-_LAST_LINES:]:
        say(f"  {line}")
    after = tools.status()
    if code == 0 and after.state is State.UP_TO_DATE:
        return ""
    how = f"the migration to {wanted.tag} failed (exit code {code}); the old version is still there"
    if after == before:
        if tools.page_is_on():
            tools.page_off()
        other = tools.blocked_by()
        mend = f"{other}: wait for its end" if other else "Mend it"
        return f"{how}, the database is as it was, and no page is before it. {mend}, then again"
    page = "The maintenance page stays: `runbook maintenance end` takes it away. " * (
        tools.page_is_on()
    )
    dumped = f"To go back: {_OF_DUMP}, `runbook restore --help`. " if wanted.with_dump else ""
    resolve = (
        f"When the database is as before: `runbook migrations resolve {wanted.tag} "
        f"{after.names[0]}`, then migrate to an image with a mended one"
        if after.names
        else "See `runbook migrations status`"
    )
    return f"{how}, and the database was changed: {after}. {page}{dumped}{resolve}"


def _not_deployed(wanted: Migration, tools: Tools) -> str:
    page = " The maintenance page stays meanwhile." * tools.page_is_on()
    return (
        f"the database has had every migration, and {wanted.tag} could not be deployed, see above; "
        f"the old version is there.{page} Mend it, then the same command again goes on"
    )
