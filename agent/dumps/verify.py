"""The proof that a dump comes back: the newest one, in a scratch database, against production."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.dumps import contents, status
from agent.dumps.dump import look_over
from agent.dumps.errors import DumpError
from agent.dumps.postgres import Database, Session
from agent.dumps.restore import Restored, Wish, major_of, restore
from agent.dumps.scratch import scratch
from agent.dumps.vendor import managed_in

if TYPE_CHECKING:
    from agent.dumps.config import Config
    from agent.dumps.restic import Restic

STALE_SECONDS = 26 * 3600
"""A restored canary older than this is of no daily dump."""


def verify(config: Config, restic: Restic, *, looked_over: bool = False) -> dict[str, Any]:
    """Prove it, and keep the result; raises DumpError where there is no proof.

    `looked_over`: the repository was checked just now.
    """
    try:
        if not looked_over:
            look_over(restic)
        major = major_of(restic, Wish())
        with scratch(config.scratch_image, major) as database:
            done = restore(restic, database, Wish(), scratch=True)
        proof = _judge(done, Database(config.database_url))
    except DumpError as error:
        status.keep(proof={"at": status.now(), "ok": False, "message": str(error)})
        raise
    facts = {"at": status.now(), "ok": True, **proof}
    status.keep(proof=facts)
    return facts


def _judge(done: Restored, production: Database) -> dict[str, Any]:
    session = Session(production)
    try:
        live = contents.counts(session.ask, managed_in(session.ask))
        live_canary = contents.canary(session.ask)
    finally:
        session.close()
    age = age_of(done.canary)
    problems = list(done.passed_over)
    problems += [f"{name} is not in the dump" for name in sorted(set(live) - set(done.tables))]
    if age is None or age > STALE_SECONDS:
        problems.append(f"the restored canary is {_hours(age)} old, production's is {live_canary}")
    if problems:
        raise DumpError("; ".join(problems))
    rows = {name: {"dump": done.tables.get(name), "production": live[name]} for name in live}
    return {
        **done.shown(),
        "tables": rows,
        "canary_age_s": round(age or 0),
        "production": live_canary,
    }


def age_of(stamp: str | None) -> float | None:
    """Seconds since a moment."""
    if stamp is None:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(stamp)).total_seconds()


def _hours(age: float | None) -> str:
    return "of unknown age, not there or not" if age is None else f"{age / 3600:.0f} h"
