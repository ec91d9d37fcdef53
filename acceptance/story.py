"""The main story, step by step, by the project's own commands."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from acceptance.config import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from acceptance.commands import Commands
    from acceptance.config import Config
    from acceptance.workspace import Workspace

_UP = ("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs")
_DESTROY_SECONDS = 1800.0


@dataclass
class Story:
    """One run of it; `took` are the seconds of each step that came to its end."""

    config: Config
    space: Workspace
    commands: Commands
    say: Callable[[str], None]
    took: dict[str, float] = field(default_factory=dict)

    def begin(self, base: str, secrets: dict[str, str]) -> None:
        """Make the stack, with its config; nothing is made in a cloud.

        Args:
            base: URL of the recorder.
            secrets: values of the variables that the config names.
        """
        run = self.commands.run
        run(("pulumi", "stack", "init", self.space.run, "--secrets-provider", "passphrase"))
        self.space.configure(self._settings(base))
        token = {"hcloud:token": self.config.hetzner.token}
        for key, variable in {**token, **self.config.secrets}.items():
            run(("pulumi", "config", "set", "--secret", "--path", key), stdin=secrets[variable])

    def _settings(self, base: str) -> dict[str, Any]:
        signer = self.config.certificates.server
        return {
            **self.config.config,
            "nutri:domain": self.config.domain,
            "nutri:location": self.config.location,
            **({"nutri:acmeServer": signer} if signer else {}),
            "nutri:labels": {"stack": self.space.run},
            "nutri:supabaseEndpoint": f"{base}/supabase",
            "hcloud:endpoint": f"{base}/hetzner",
            "hcloud:endpointHetzner": f"{base}/boxes",
        }

    def preview(self) -> list[dict[str, Any]]:
        """Return the steps that the first `up` would take."""
        told = self.commands.run(("pulumi", "preview", "--json", "--refresh=false"))
        return list(json.loads(told[told.index("{") :])["steps"])

    def tell(self) -> None:
        """Run the steps that are wanted, in their order.

        Raises:
            AcceptanceError: one failed, and those after it were not begun.
        """
        for step in STEPS:
            if self.config.wants(step):
                self._timed(step, getattr(self, f"_{step}"))

    def _timed(self, step: str, run: Callable[[], None]) -> None:
        self.say(f"  {step} ...")
        self.space.note(step=step)
        started = time.monotonic()
        run()
        self.took[step] = time.monotonic() - started
        self.say(f"  {step}: {self.took[step]:.0f} s")

    def _up(self) -> None:
        self.commands.run(_UP)

    def _check(self) -> None:
        self.commands.run(("runbook", "check", "--change"))

    def _deploy(self) -> None:
        if wanted := self.config.deploy:
            self.commands.run(("runbook", "deploy", wanted.service, wanted.tag, "--yes"))

    def _scale(self) -> None:
        if wanted := self.config.scale:
            words = (wanted.service, str(wanted.replicas), "--yes")
            self.commands.run(("runbook", "scale", *words))

    def _resize(self) -> None:
        if not (wanted := self.config.resize):
            return
        self.commands.run(("runbook", "snapshot", "create"))
        agreed = [f"server:resize-to-{wanted.type}"]
        self.space.configure({"nutri:tier": wanted.tier, "nutri:acknowledge": agreed})
        self.commands.run(_UP)

    def _dump(self) -> None:
        self.commands.run(("runbook", "dump", "now"))
        self.commands.run(("runbook", "dump", "verify"))

    def _restore(self) -> None:
        self.commands.run(("runbook", "restore", "--to", "scratch", "--yes"))

    def _drill(self) -> None:
        for name in self.config.drills:
            self.commands.run(("runbook", "drill", name, "--yes"))

    def destroy(self) -> None:
        """Destroy the stack as an operator does, whatever is left of the limit of minutes.

        Raises:
            AcceptanceError: it does not go by the project's own commands.
        """
        self.commands.deadline = time.monotonic() + _DESTROY_SECONDS
        self._timed("destroy", self._destroy)

    def _destroy(self) -> None:
        self.space.configure({"nutri:protect": False, "nutri:acknowledge": ["*:delete"]})
        self.commands.run(_UP)
        self.commands.run(("pulumi", "destroy", "--yes", "--skip-preview"))
