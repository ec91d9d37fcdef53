"""B3 and B4: dumps of the database are taken, whole, off-site, and were seen to come back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from checks.check import Check
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checks.observer import Observer
    from common.target import DumpsTarget, Target

COMMAND = "nutri-dump evidence"
_HOUR, _DAY = 3600.0, 86_400.0
_CHECK_AGE_H = 26.0
_NOW = "`runbook dump now`"
_LOG = "see `runbook ssh -- journalctl -u nutri-dump -n 50`"


class DumpsError(OperatorError):
    """The server does not tell about its dumps."""


class Event(BaseModel):
    """The end of a dump, a check, a proof."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    ok: bool
    message: str = ""
    rows: int = 0
    kept: int = 0
    canary_age_s: float = 0.0
    missing_extensions: tuple[str, ...] = ()
    not_restored: tuple[str, ...] = ()
    not_held: tuple[str, ...] = ()


class Listed(BaseModel):
    """A dump that is in the repository."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    at: datetime


class Status(BaseModel):
    """What the server remembers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dump: Event | None = None
    check: Event | None = None
    check_refused: Event | None = None
    """The check could not be made, which says nothing of the repository."""
    retention: Event | None = None
    proof: Event | None = None


class Evidence(BaseModel):
    """What `nutri-dump evidence` prints; `repository` is why it could not be read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    now: datetime
    status: Status
    timers: dict[str, dict[str, str]]
    repository: str | None
    dumps: tuple[Listed, ...] = Field(default=())


def subjects(target: Target) -> Mapping[str, DumpsTarget]:
    """The dumps, where any are taken."""
    return {"database": target.dumps} if target.dumps else {}


def parse(text: str) -> Evidence:
    """Read the evidence; raises DumpsError."""
    try:
        return Evidence.model_validate_json(text)
    except ValidationError as error:
        raise DumpsError(f"the server tells its dumps in another form: {error}") from None


def collect(observer: Observer, _dumps: DumpsTarget) -> Evidence:
    """What the first server and the repository say, asked once for all checks of a run."""
    server = observer.target.servers[0]
    return observer.once(
        ("dumps", server.id),
        lambda: parse(observer.ssh(server).run(COMMAND).stdout),
    )


def judge_age(dumps: DumpsTarget, found: Evidence, _target: Target) -> Verdict:
    """Green when the repository holds a dump of the last day, and the last run went well."""
    if found.repository is not None:
        return red(f"the repository cannot be read: {found.repository}", _reach(dumps))
    last = found.status.dump
    if not found.dumps:
        why = f": {last.message}" if last and not last.ok else ""
        return red(f"the repository holds no dump{why}", f"{_NOW}; {_LOG}")
    age = max(0.0, (found.now - found.dumps[-1].at.astimezone(UTC)).total_seconds()) / _HOUR
    measures = [Measure("dump_age", "newest", age / 24, Unit.DAYS, dumps.age_h / 24)]
    if last and not last.ok:
        return red(
            f"the last dump failed {_ago(found, last)}: {last.message}",
            f"once that is mended, {_NOW}; {_LOG}",
        ).measured(measures)
    if age > dumps.age_h:
        return red(
            f"the newest dump is {age:.0f} h old (limit {dumps.age_h:g} h)", f"{_NOW}; {_LOG}"
        ).measured(measures)
    rows = f", {last.rows} rows" if last else ""
    lacks = f"; not in it: {'; '.join(last.not_held)}" if last and last.not_held else ""
    said = f"{len(found.dumps)} kept, the newest {age:.0f} h old{rows}{lacks}"
    return green(said).measured(measures)


def judge_repository(dumps: DumpsTarget, found: Evidence, _target: Target) -> Verdict:
    """Green when the repository can be read, was found whole lately, and lets old dumps go."""
    if found.repository is not None:
        return red(f"cannot be read: {found.repository}", _reach(dumps))
    fault = _fault(found)
    if fault is not None:
        return fault
    retention = found.status.retention
    if retention is not None and not retention.ok:
        return red(f"old dumps do not go: {retention.message}", f"{_LOG}; the space fills up")
    last = found.status.check
    return green(f"readable, found whole {_ago(found, last) if last else ''}")


def _fault(found: Evidence) -> Verdict | None:
    """What the last check says against the repository, or why there was none."""
    last, refused = found.status.check, found.status.check_refused
    if refused is not None and (last is None or refused.at >= last.at):
        return red(
            f"it could not be checked {_ago(found, refused)}: {refused.message}",
            f"{_NOW}, which waits for who holds it; {_LOG}",
        )
    if last is None:
        return red("it was never checked", _NOW)
    if not last.ok:
        return red(
            f"it was found damaged {_ago(found, last)}: {last.message}",
            "older dumps may be whole, see `runbook dump list`; look at one in a database that is "
            "nobody's, then mend or remake the repository: docs/dumps.md",
        )
    hours = (found.now - last.at).total_seconds() / _HOUR
    if hours > _CHECK_AGE_H:
        return red(f"it was checked last {hours:.0f} h ago", f"{_NOW}; {_LOG}")
    return None


def judge_proof(dumps: DumpsTarget, found: Evidence, _target: Target) -> Verdict:
    """Green when a dump was restored within a month, and was what it should be."""
    proof = found.status.proof
    if proof is None:
        return red(
            "no dump was ever restored to see whether it comes back", "`runbook dump verify`"
        )
    days = (found.now - proof.at).total_seconds() / _DAY
    measures = [Measure("proof_age", "last proof", days, Unit.DAYS, dumps.proof_days)]
    when = f"{proof.at:%Y-%m-%d}"
    if not proof.ok:
        return red(
            f"the newest dump did not come back on {when}: {proof.message}",
            "`runbook dump now`, then `runbook dump verify`; docs/dumps.md",
        ).measured(measures)
    if days > dumps.proof_days:
        return red(
            f"the last proven restore is {days:.0f} days old (limit {dumps.proof_days:g})",
            "`runbook dump verify`, as nutri-dump-verify.timer should",
        ).measured(measures)
    canary = f"its canary {proof.canary_age_s / _HOUR:.0f} h old"
    return green(f"restored on {when}, {proof.rows} rows, {canary}{_unproven(proof)}").measured(
        measures
    )


def _unproven(proof: Event) -> str:
    """What the proof could not show: of extensions that the scratch image lacks, and more."""
    missing = ", ".join(proof.missing_extensions)
    told = f"; without {missing}: nutri:scratchImage can be one that has them" if missing else ""
    count = len(proof.not_restored)
    return (
        f"{told}; {count} things are not proven, `runbook dump verify` names them"
        if count
        else told
    )


def judge_timer(_dumps: DumpsTarget, found: Evidence, _target: Target) -> Verdict:
    """Green when systemd will start the next dump and the next proof."""
    for name, shown in found.timers.items():
        # An `up` runs no step whose inputs are the same.
        up = f"`runbook ssh -- systemctl enable --now {name}`"
        state, enabled = shown.get("ActiveState", "unknown"), shown.get("UnitFileState", "")
        if state != "active":
            return red(f"{name} is {state or 'not there'}", up)
        if enabled != "enabled":
            return red(f"{name} is {enabled or 'not enabled'}: the next boot does not start it", up)
    upcoming = found.timers.get("nutri-dump.timer", {}).get("NextElapseUSecRealtime") or "unknown"
    return green(f"active, next {upcoming}")


def _ago(found: Evidence, event: Event) -> str:
    hours = max(0.0, (found.now - event.at).total_seconds()) / _HOUR
    return f"{hours:.0f} h ago" if hours >= 1 else "just now"


def _reach(dumps: DumpsTarget) -> str:
    return (
        f"is {dumps.repository.split('@')[-1]} up, SSH on for it, and nutri:resticPassword still"
        " the one it was made with? docs/dumps.md"
    )


def _check(name: str, runbook: str, title: str, judge: Any) -> Check[DumpsTarget, Evidence]:  # noqa: ANN401
    return Check(name, runbook, title, subjects, collect, judge, proves_change=False)


AGE = _check("dump-age", "B3", "a dump of the last day is off-site", judge_age)
REPOSITORY = _check("dump-repository", "B3", "the dumps' repository is whole", judge_repository)
TIMER = _check("dump-timer", "B3", "dumps are taken on time", judge_timer)
PROOF = _check("proven-restore", "B4", "a dump was seen to come back", judge_proof)
