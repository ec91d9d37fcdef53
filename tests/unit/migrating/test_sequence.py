"""The steps of a migration, each ending well or not, and the same command again."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from checks import Report, Result
from checks.verdict import green
from common.errors import OperatorError
from runbook.migrate.pending import Migrations, State
from runbook.migrate.sequence import Migration, Outcome, migrate

UP_TO_DATE = Migrations(State.UP_TO_DATE, ())
PENDING = Migrations(State.PENDING, ("20260301_notes",))
FAILED = Migrations(State.FAILED, ("20260301_notes",))
_PAGE = Migration("nutri-backend", "v2", with_page=True, with_dump=True)


@dataclass
class World:
    """A database, a page and a deployed tag; what was done to them, in order."""

    database: Migrations = PENDING
    after: Migrations = UP_TO_DATE
    code: int = 0
    deploys: bool = True
    may_begin: bool = True
    has_dumps: bool = True
    dumps: bool = True
    missing: str = ""
    other: str = ""
    late_other: str = ""
    page: bool = False
    deployed: bool = False
    done: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def status(self) -> Migrations:
        """As it is now."""
        if self.missing:
            raise OperatorError(self.missing)
        return self.database

    def wait_for_others(self) -> None:
        """Refuse while somebody else migrates."""
        if self.other:
            raise OperatorError(f"{self.other} holds the lock")

    def blocked_by(self) -> str:
        """As it is now."""
        return self.late_other

    def page_is_on(self) -> bool:
        """As it is now."""
        return self.page

    def require_page_may_begin(self) -> None:
        """Refuse at another time."""
        if not self.may_begin:
            raise OperatorError("too early")

    def page_on(self) -> None:
        """Note it."""
        self.done.append("page on")
        self.page = True

    def page_off(self) -> None:
        """Note it."""
        self.done.append("page off")
        self.page = False

    def require_dumps(self) -> None:
        """Refuse where there are none."""
        if not self.has_dumps:
            raise OperatorError("takes no dumps")

    def dump(self) -> str:
        """Note it."""
        self.done.append("dump")
        if not self.dumps:
            raise OperatorError("the disk is full")
        return "d-1"

    def apply(self) -> tuple[int, str]:
        """Change the database."""
        self.done.append("apply")
        self.database = self.after
        return self.code, "Applying\n\nError: P3018"

    def is_deployed(self) -> bool:
        """As it is now."""
        return self.deployed

    def deploy(self) -> bool:
        """Note it."""
        self.done.append("deploy")
        self.deployed = self.deploys
        return self.deploys

    def verify(self) -> Report:
        """All is well."""
        self.done.append("verify")
        return Report("test", (Result("health", "D1", "", "nutri-backend", green("fine")),))

    def run(self, wanted: Migration = _PAGE) -> Outcome:
        """Migrate."""
        return migrate(wanted, self, self.said.append)


def test_a_breaking_migration() -> None:
    """Page, dump, migration, deploy, page away, verified; in this order."""
    world = World()
    done = world.run()
    assert world.done == ["page on", "dump", "apply", "deploy", "page off", "verify"]
    assert (done.is_good, done.applied, done.dump) == (True, PENDING.names, "d-1")
    assert "  Error: P3018" in world.said


def test_a_compatible_migration() -> None:
    """No page; and no dump where it is not wanted."""
    world = World()
    world.run(Migration("nutri-backend", "v2", with_page=False, with_dump=False))
    assert world.done == ["apply", "deploy", "verify"]


def test_not_the_time_for_a_page() -> None:
    """Nothing is touched."""
    world = World(may_begin=False)
    with pytest.raises(OperatorError, match="too early"):
        world.run()
    assert world.done == []


def test_no_dumps_at_all() -> None:
    """Nothing is touched, no page is put up."""
    world = World(has_dumps=False)
    with pytest.raises(OperatorError, match="takes no dumps"):
        world.run()
    assert world.done == []


def test_all_that_is_missing_is_told_at_once() -> None:
    """Before anything is touched: the tool, the time, the dumps."""
    world = World(missing="has no npx", may_begin=False, has_dumps=False)
    with pytest.raises(OperatorError) as caught:
        world.run()
    assert str(caught.value).splitlines() == ["has no npx", "too early", "takes no dumps"]
    assert world.done == []


def test_somebody_else_migrates() -> None:
    """Nothing is touched, and who it is is said."""
    world = World(other="process 7")
    with pytest.raises(OperatorError, match="process 7 holds the lock"):
        world.run()
    assert world.done == []


def test_somebody_else_begins_meanwhile() -> None:
    """The failure says who it is, once the page is away again."""
    world = World(after=PENDING, code=1, late_other="process 7 holds Prisma's lock")
    assert "process 7 holds Prisma's lock: wait for its end, then again" in world.run().problem
    assert world.done[-1] == "page off"


def test_a_dump_that_fails() -> None:
    """Nothing is migrated, and the page goes away again."""
    world = World(dumps=False)
    done = world.run()
    assert world.done == ["page on", "dump", "page off"]
    assert "nothing was migrated, and no page is up: the disk is full" in done.problem


def test_nothing_pending_is_a_deploy() -> None:
    """No page, no dump."""
    world = World(database=UP_TO_DATE)
    assert world.run().is_good
    assert world.done == ["deploy", "verify"]


def test_all_done_is_looked_at() -> None:
    """The same command a third time."""
    world = World(database=UP_TO_DATE, deployed=True)
    assert world.run().is_good
    assert world.done == ["verify"]


@pytest.mark.parametrize(
    ("world", "left"),
    [
        (World(page=True), ["dump", "apply", "deploy", "page off", "verify"]),
        (World(database=UP_TO_DATE, page=True), ["deploy", "page off", "verify"]),
        (World(database=UP_TO_DATE, page=True, deployed=True), ["page off", "verify"]),
    ],
    ids=["after the page", "after the migration", "after the deploy"],
)
def test_cut_off_the_same_command_goes_on(world: World, left: list[str]) -> None:
    """Wherever it was; nothing is done twice."""
    assert world.run().is_good
    assert world.done == left


def test_a_failure_that_changed_nothing_takes_the_page_away() -> None:
    """The old version serves; the same command may be given again."""
    world = World(after=PENDING, code=1)
    done = world.run()
    assert world.done == ["page on", "dump", "apply", "page off"]
    assert not done.is_good
    assert "the database is as it was, and no page is before it" in done.problem


def test_a_failure_that_changed_the_database_keeps_the_page() -> None:
    """And says how to go back, and how to go on."""
    world = World(after=FAILED, code=1)
    done = world.run()
    assert world.done == ["page on", "dump", "apply"]
    for words in (
        "the old version is still there",
        "the database was changed",
        "maintenance page stays",
        "runbook restore",
        "runbook migrations resolve v2 20260301_notes",
    ):
        assert words in done.problem
    assert "DATABASE" not in done.problem


def test_a_failure_without_page_and_dump_speaks_of_neither() -> None:
    """There is no dump to go back to."""
    wanted = Migration("nutri-backend", "v2", with_page=False, with_dump=False)
    problem = World(after=FAILED, code=1).run(wanted).problem
    assert "page" not in problem
    assert "restore" not in problem


def test_success_is_what_the_database_says() -> None:
    """A command that ends with 0 and has not done it has failed."""
    assert "as it was" in World(after=PENDING).run().problem


def test_a_deploy_that_fails_keeps_the_page() -> None:
    """The database has changed, the old version is there; the same command goes on."""
    world = World(deploys=False)
    done = world.run()
    assert (world.page, done.is_good) == (True, False)
    assert "could not be deployed" in done.problem
    world.deploys, world.done = True, []
    assert world.run().is_good
    assert world.done == ["deploy", "page off", "verify"]


@pytest.mark.parametrize("state", [State.FAILED, State.DIVERGED])
def test_no_way_from_a_database_in_disorder(state: State) -> None:
    """Nothing is touched, and what to do is said."""
    world = World(database=Migrations(state, ("20260301_notes",)))
    with pytest.raises(OperatorError, match="Nothing was touched"):
        world.run()
    assert world.done == []


def test_the_outcome_as_json() -> None:
    """For a pipeline."""
    found = World().run().as_json()
    assert (found["done"], found["applied"], found["problem"]) == (True, ["20260301_notes"], "")
    assert found["green"]
    failed = World(after=FAILED, code=1).run().as_json()
    assert (failed["done"], "changed" in failed["problem"]) == (False, True)
