"""One cause instead of many findings: what is red, or could not be looked at, because of it.

Each result that is not green either is a finding of its own or names what it lacked: SSH to a
server, an answer from the services' address, an API. What it lacked has checks of its own; the
first of those that is not green is the cause, and is told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checks.report import Result
    from common.target import Target

SSH, WEB, HETZNER, SUPABASE, DATABASE = "ssh", "web", "hetzner", "supabase", "database"
CLOCK = "clock"

_SSH_PLACE = re.compile(r"SSH to \S+?@([^\s:]+):\d+")
_BY_MODULE = {  # an error is told by the class its client raises
    "HetznerError": HETZNER,
    "SupabaseError": SUPABASE,
    "DatabaseError": DATABASE,
}
# The checks of what can be lacking, the deepest first.
_CHECKED_BY: Mapping[str, tuple[str, ...]] = {
    SSH: ("server", "ssh"),
    WEB: ("server", "ssh", "docker", "dns", "proxy-api", "containers"),
    SUPABASE: ("database-status",),
    DATABASE: ("database-status", "pool"),
    CLOCK: ("clock",),
}
# A service's results that follow from another one of the same service, or of a server.
_FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "containers": ("docker",),
    "health": ("containers",),
    "latency": ("containers",),
    "spread": ("containers",),
    "version": ("containers",),
    "placement": ("containers",),
    "coolify": ("docker",),
    "certificate": ("dns",),
    "redirect": ("dns",),
    "aaaa": ("dns",),
}
_OF_SERVICES = frozenset({"containers", "health"})
_OF_SERVERS = frozenset({"server", "ssh", "docker"})
_NOT_ANSWERING: Mapping[str, tuple[str, str]] = {
    HETZNER: ("Hetzner's API does not answer", "see https://status.hetzner.com"),
    SUPABASE: ("Supabase's API does not answer", "see https://status.supabase.com"),
    DATABASE: ("the database does not answer", "`runbook database doctor`"),
    WEB: (
        "the services' address does not answer",
        "see `runbook status`; docs/emergencies/E1-outage.md leads on",
    ),
    SSH: ("the server does not answer SSH", "`runbook server revive`"),
    CLOCK: ("this machine's clock is wrong", "see `runbook check clock`"),
}


@dataclass(frozen=True)
class Cause:
    """Something that is wrong, with all that follows from it."""

    check: str
    """The check that found it, or what was lacking where no check is about it."""
    subject: str
    runbook: str
    """Its procedure; empty where no check is about what was lacking."""
    status: Status
    message: str
    remedy: str
    results: tuple[Result, ...]
    """What is not green because of it, itself included, in the report's order."""

    @property
    def consequences(self) -> tuple[Result, ...]:
        """What is not green because of it, itself left out."""
        return tuple(one for one in self.results if one.key != (self.check, self.subject))

    @property
    def name(self) -> str:
        """Procedure, check and subject: "E4 ssh nutri-prod"."""
        return " ".join(filter(None, (self.runbook, self.check, self.subject)))

    def as_json(self) -> dict[str, Any]:
        """As a JSON object; `results` are (check, subject) pairs."""
        return {
            "check": self.check,
            "subject": self.subject,
            "runbook": self.runbook,
            "status": self.status.value,
            "message": self.message,
            "remedy": self.remedy,
            "results": [list(one.key) for one in self.results],
        }

    def because(self) -> str:
        """Return what follows from it, in a few words; empty where nothing does."""
        red = [one for one in self.consequences if one.verdict.status is Status.RED]
        blind = [one for one in self.consequences if one.verdict.status is Status.UNKNOWN]
        parts = [
            *([f"{_checks(len(red))} red"] if red else []),
            *([f"{_checks(len(blind))} could not look"] if blind else []),
        ]
        return f"because of it: {', '.join(parts)}" if parts else ""


def lacking(error: Exception, target: Target) -> str:
    """Return what an error says could not be had: "ssh:nutri-prod", "hetzner"; empty if nothing."""
    found = _SSH_PLACE.search(str(error))
    if found:
        names = [one.name for one in target.servers if one.ssh.host == found[1]]
        return f"{SSH}:{names[0]}" if names else ""
    kinds = [
        _BY_MODULE[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _BY_MODULE
    ]
    return kinds[0] if kinds else ""


def unanswered(evidence: object) -> bool:
    """Whether evidence from outside says that nothing answered at all."""
    every = evidence if isinstance(evidence, Iterable) else (evidence,)
    return any(isinstance(getattr(one, "failure", None), str) for one in every)


def causes(results: Sequence[Result]) -> tuple[Cause, ...]:
    """Return what is wrong, each once: red before unknown, what explains most first."""
    bad = [one for one in results if not one.verdict.is_green]
    roots = [(_root(one, bad), one) for one in bad]
    groups: dict[tuple[str, str], list[Result]] = {}
    for root, one in roots:
        groups.setdefault(root, []).append(one)
    made = [_cause(root, group) for root, group in groups.items()]
    return tuple(sorted(made, key=lambda one: (one.status is not Status.RED, -len(one.results))))


def _checks(count: int) -> str:
    return f"{count} check{'s' * (count != 1)}"


def _root(result: Result, bad: Sequence[Result]) -> tuple[str, str]:
    """Return the key of the result that explains this one, or what it lacked."""
    path = [result]
    while above := next((one for one in _above(path[-1], bad) if one.key != path[-1].key), None):
        if above in path:  # findings that explain each other: one name for all of them
            return min(one.key for one in path[path.index(above) :])
        path.append(above)
    kind, _, subject = path[-1].verdict.lacks.partition(":")
    return (kind, subject) if kind and not _is_about(path[-1], kind) else path[-1].key


def _is_about(result: Result, kind: str) -> bool:
    return result.check in _CHECKED_BY.get(kind, ())


def _above(result: Result, bad: Sequence[Result]) -> Iterator[Result]:
    """Yield what may explain a result, the deepest first."""
    kind, _, subject = result.verdict.lacks.partition(":")
    checked_by = _CHECKED_BY.get(kind, ())
    if kind == WEB and not any(one.check == SSH for one in bad):
        checked_by = tuple(one for one in checked_by if one not in _CHECKED_BY[SSH])
    yield from _of(checked_by, bad, subject)
    for suspect in result.verdict.suspects:
        yield from (one for one in bad if is_suspect(one, suspect))
    for check in _FOLLOWS.get(result.check, ()):
        yield from _of((check,), bad, "" if check in _OF_SERVERS else result.subject)


def is_suspect(result: Result, name: str) -> bool:
    """Whether a finding is about what a service says it lacks: redis, database, ml_service."""
    bare = name.replace("_", "").casefold()
    subject = result.subject if result.check in _OF_SERVICES else ""
    return any(bare in one.replace("-", "").casefold() for one in (result.check, subject))


def _of(checks: Sequence[str], bad: Sequence[Result], subject: str) -> Iterator[Result]:
    for check in checks:
        yield from (one for one in bad if one.check == check and subject in {"", one.subject})


def _cause(root: tuple[str, str], group: Sequence[Result]) -> Cause:
    own = next((one for one in group if one.key == root), None)
    verdicts = [one.verdict.status for one in group]
    status = Status.RED if Status.RED in verdicts else Status.UNKNOWN
    if own is not None:
        verdict = own.verdict
        return Cause(*root, own.runbook, status, verdict.message, verdict.remedy, tuple(group))
    message, remedy = _NOT_ANSWERING[root[0]]
    said = group[0].verdict.message.removeprefix("could not be collected: ")
    return Cause(*root, "", status, f"{message}: {said}", remedy, tuple(group))
