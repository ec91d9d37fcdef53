"""A run from the price sheet to the proof that nothing of it is left."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

import httpx

from acceptance import sheet, sweep
from acceptance.commands import Commands
from acceptance.config import AcceptanceError
from acceptance.recorder import Recorder, recording
from acceptance.story import Story
from acceptance.workspace import Workspace, runs
from clients.http import reason
from clients.supabase import ENDPOINT as SUPABASE
from runbook.parity.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from acceptance.config import Config

_MINUTE = 60.0
_LOAD_SECONDS = 20.0


class Run:
    """One run; `programs` stand in for the project's own in tests."""

    def __init__(
        self,
        config: Config,
        secrets: dict[str, str],
        say: Callable[[str], None],
        programs: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._config = config
        self._secrets = secrets
        self._say = say
        self._programs = programs or {}
        self._token = secrets[config.hetzner.token]

    def whole(self, agree: Callable[[], bool]) -> None:
        """Say what it makes and costs, ask, run it, and leave nothing.

        Raises:
            AcceptanceError: a step failed, or something is left.
        """
        space = Workspace.make()
        with recording(self._recorder(space)) as base:
            commands = Commands(
                space.folder,
                space.environment(without=set(self._secrets)),
                self._say,
                **self._programs,  # type: ignore[arg-type]
            )
            story = Story(self._config, space, commands, self._say)
            try:
                self._prepare(story, base, agree)
            except BaseException:
                space.end()
                raise
            self._run(story)

    def _recorder(self, space: Workspace) -> Recorder:
        vendors = {
            "hetzner": self._config.hetzner.endpoint,
            "boxes": self._config.hetzner.boxes,
            "supabase": str(self._config.config.get("nutri:supabaseEndpoint") or SUPABASE),
        }
        names = {space.run: "<run>", self._config.domain: "<domain>"}
        names |= dict.fromkeys(self._secrets.values(), "<secret>")
        return Recorder(vendors, space.folder / "exchanges.jsonl", Words(names))

    def _prepare(self, story: Story, base: str, agree: Callable[[], bool]) -> None:
        story.begin(base, self._secrets)
        self._trust(story.space)
        steps = story.preview()
        with sweep.open_project(self._config, self._token) as project:
            listed = sheet.of(steps, sheet.hourly(*project.price_lists()), self._config)
        place = f"{self._config.location}, {self._config.hetzner.endpoint}"
        self._say(f"run {story.space.run} in {place}, for {self._config.domain}")
        for line in listed.lines(self._config.limit):
            self._say(line)
        sheet.refuse_beyond(listed, self._config.limit)
        if not agree():
            raise AcceptanceError("not begun; nothing was made")

    def _trust(self, space: Workspace) -> None:
        """Have the checks trust the authority's root."""
        root = self._config.certificates.root
        if not root:
            return
        try:
            pem = httpx.get(root, timeout=_LOAD_SECONDS).raise_for_status().text
        except httpx.HTTPError as error:
            told = reason(error, _LOAD_SECONDS)
            raise AcceptanceError(f"certificates.root: {root}: {told}; nothing was made") from None
        (space.folder / "root.pem").write_text(pem)
        space.configure({"nutri:caBundle": str(space.folder / "root.pem")})

    def _run(self, story: Story) -> None:
        with sweep.open_project(self._config, self._token) as project:
            before = sweep.inventory(project.things())
        story.space.note(before=before, begun=True)
        story.commands.deadline = time.monotonic() + self._config.limit.minutes * _MINUTE
        try:
            story.tell()
            story.destroy()
        except BaseException as error:
            self._say(f"  ended by: {str(error) or 'Ctrl-C'}")
            raise
        finally:
            clean(self._config, self._token, self._say, story.space.run)
        self._report(story)

    def _report(self, story: Story) -> None:
        seconds = {step: round(took, 1) for step, took in story.took.items()}
        (story.space.folder / "report.json").write_text(json.dumps(seconds, indent=2))
        self._say(f"all of it held; recording: {story.space.folder / 'exchanges.jsonl'}")


def clean(config: Config, token: str, say: Callable[[str], None], run: str | None = None) -> None:
    """Delete all that a run left, or any run; then prove that nothing is left.

    Raises:
        AcceptanceError: something is left, and named.
    """
    known = runs()
    space = known.get(run or "")
    before = space.noted().get("before") if space else None
    with sweep.open_project(config, token) as project:
        deleted = sweep.remove(project, run, say)
        left = sweep.prove(project, run, before)
    if left:
        raise AcceptanceError("\n".join(["the sweep found what costs or may cost:", *left]))
    say(f"swept: {deleted} things deleted, nothing is left of {run or 'any run'}")
    for one in [space] if space else known.values() if run is None else []:
        with contextlib.suppress(OSError):
            one.end()


def found(config: Config, token: str, run: str | None) -> list[str]:
    """Return a line for each thing that `clean` would delete.

    Raises:
        OperatorError: the API does not tell.
    """
    with sweep.open_project(config, token) as project:
        return [str(one) for one in project.things() if sweep.is_of(one, run)]
