"""B5, planned: nothing is left where the platform is. Where would it be made anew? Only asked."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import private_files
from common.errors import OperatorError
from runbook import stack as stacks
from runbook.drills.disaster import copy_program
from runbook.kit.unpack import Plan, Unpacking, in_place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook.drills.report import Drill
    from runbook.kit import Kit

NAME = "sold-out"
_PREVIEW_SECONDS = 600.0
_FIRST_SERVER = "hcloud:index/server:Server::server"
_FALLBACKS = "nutri:locationFallbacks"


@dataclass(frozen=True)
class SoldOut:
    """A fresh platform from the kit, planned by the engine in one fallback location after another.

    Nothing is made, and nothing of the plan stays; Hetzner's catalogue is asked as it is now.
    """

    drill: Drill
    kit: Callable[[], Kit]
    project: Path
    say: Callable[[str], None]

    def run(self) -> None:
        """Plan until a location has a server of the tier; the outcome is in the report."""
        with (
            private_files.folder("drill") as folder,
            self.drill.running(self.say) as phase,
        ):
            with phase("kit"):
                kit = self.kit()
                places = fallbacks(kit)
                copy_program(self.project, Path(folder) / "program")
            refusals = []
            for place in places:
                with phase(f"plan in {place}") as timer:
                    try:
                        timer.note = self._planned(kit, place, Path(folder))
                    except OperatorError as error:
                        timer.note = str(error)
                        refusals.append(timer.note)
                    else:
                        return
            raise OperatorError("a platform could not be made in any of them: " + refusals[-1])

    def _planned(self, kit: Kit, place: str, folder: Path) -> str:
        name = f"{kit.stack}-in-{place}"
        changes = in_place_of(kit) | {"nutri:location": place, _FALLBACKS: []}
        backend = f"file://{folder}/state?metadata=skip"
        made = Unpacking(kit, Plan(name, changes, backend), folder / "program").run()
        done = stacks.run(
            folder / "program",
            ["preview", "--json"],
            name,
            timeout=_PREVIEW_SECONDS,
            environment=made.environment,
        )
        if done.returncode:
            raise OperatorError(_why(done.stdout, done.stderr, name))
        return server_of(json.loads(done.stdout))


def fallbacks(kit: Kit) -> list[str]:
    """The other locations a kit names.

    Raises:
        OperatorError: it names none.
    """
    found = kit.config.get(_FALLBACKS)
    places = list(found.value or ()) if found else []
    if not places:
        raise OperatorError(
            f"{_FALLBACKS} is empty: with its location sold out the platform could not be made "
            "anew; `pulumi config set --path 'nutri:locationFallbacks[0]' nbg1`, say"
        )
    return places


def server_of(digest: Mapping[str, Any]) -> str:
    """Type and place of the first server in a preview's digest."""
    for step in digest.get("steps") or ():
        if str(step.get("urn", "")).endswith(_FIRST_SERVER):
            wanted = (step.get("newState") or {}).get("inputs") or {}
            return f"a {wanted.get('serverType')} in {wanted.get('location')}"
    raise OperatorError("the engine's preview has no server; is Pulumi of another version?")


def _why(said: str, complained: str, name: str) -> str:
    """The program's own lines out of a preview that failed."""
    told: list[str] = []
    with contextlib.suppress(ValueError):
        told = [one["message"] for one in json.loads(said).get("diagnostics") or ()]
    mistakes = [
        line.strip().removeprefix("- ")
        for text in told
        for line in text.splitlines()
        if line.strip().startswith("- ")
    ]
    last = [line for line in (complained or "\n".join(told)).splitlines() if line.strip()][-1:]
    return "; ".join(mistakes) or f"the preview of {name} failed: {' '.join(last)}"
