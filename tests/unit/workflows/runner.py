"""Runs workflows with `act` on this machine: actions by stand-ins, programs noted."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
_USED = re.compile(r"uses: ([\w.-]+/[\w.-]+@[0-9a-f]{40})")
_STAND_IN = """name: stand-in
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        echo "{name}" >> "$NOTES"
        # A checkout that names no ref has been made by `act` itself.
        [ "{name}" != actions/checkout ] || [ -e bin ] || cp -a "$CLONE/." .
"""
# What a step calls: noted, word by word; then what the test wants it to say, and its code.
_PROGRAM = """#!/bin/bash
echo "{name} $*" >>"$NOTES"
for rule in "$RULES"/{name}.*; do
  [ -e "$rule" ] || continue
  case "$*" in *"$(sed -n 1p "$rule")"*)
    eval "$(sed -n 3p "$rule")"
    tail -n +4 "$rule"
    exit "$(sed -n 2p "$rule")" ;;
  esac
done
exit 0
"""
_PROGRAMS = ("pulumi", "runbook", "gh", "sleep", "make")


@dataclass
class Repository:
    """A clone whose programs note what they are asked, in a home of its own."""

    folder: Path
    rules: int = 0
    secrets: dict[str, str] = field(
        default_factory=lambda: {
            "HCLOUD_TOKEN": "a-token-of-hetzner",
            "PULUMI_CONFIG_PASSPHRASE": "correct horse battery",
            "GITHUB_TOKEN": "a-token-of-github",
        }
    )

    @property
    def clone(self) -> Path:
        """The checkout."""
        return self.folder / "clone"

    def make(self) -> None:
        """Copy what workflows touch, and commit it."""
        shutil.copytree(ROOT / ".github", self.clone / ".github")
        (self.clone / "bin").mkdir()
        shutil.copy(ROOT / "bin/env", self.clone / "bin/env")
        shutil.copy(ROOT / "Pulumi.local.env", self.clone / "Pulumi.local.env")
        surroundings = (ROOT / "Pulumi.prod.env").read_text().replace("BUCKET", "states")
        (self.clone / "Pulumi.prod.env").write_text(surroundings)
        (self.clone / "Pulumi.prod.yaml").write_text("config: {}\n")
        self._program("setup", "#!/bin/sh\nexit 0\n")
        for name in _PROGRAMS:
            self._program(name, _PROGRAM.replace("{name}", name))
        (self.folder / "rules").mkdir()
        for words in (["init", "--quiet", "--initial-branch", "main"], ["add", "--all"]):
            self.git(*words)
        self.git("commit", "--quiet", "--message", "all")

    def git(self, *words: str) -> str:
        """Run git in the clone."""
        own = ("-c", "user.name=t", "-c", "user.email=t@t.test")
        return subprocess.run(
            ["git", *own, *words], cwd=self.clone, capture_output=True, text=True, check=True
        ).stdout

    def says(
        self, program: str, words: str, text: str = "", code: int = 0, *, does: str = ":"
    ) -> None:
        """Let a program that is asked for these words do and say something, and end with a code."""
        self.rules += 1
        rule = self.folder / "rules" / f"{program}.{self.rules:02}"
        rule.write_text(f"{words}\n{code}\n{does}\n{text}")

    def run(self, workflow: str, event: str, payload: dict[str, Any], job: str = "") -> Run:
        """Run a workflow for an event."""
        file = self.folder / "event.json"
        file.write_text(json.dumps(payload))
        words = ["act", event, "-W", f".github/workflows/{workflow}.yml", "-e", str(file)]
        words += ["-P", "ubuntu-24.04=-self-hosted", "--actor", "ann", "--pull=false"]
        words += [word for name in self.secrets for word in ("-s", name)]
        words += [word for one in self._stand_ins() for word in ("--local-repository", one)]
        done = subprocess.run(
            [*words, *(["-j", job] if job else [])],
            cwd=self.clone,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        notes = self.folder / "notes"
        asked = notes.read_text().splitlines() if notes.exists() else []
        return Run(done.returncode, done.stdout + done.stderr, asked)

    def _environment(self) -> dict[str, str]:
        path = f"{self.clone}/bin:{os.environ['PATH']}"
        own = {"HOME": str(self.folder), "NOTES": str(self.folder / "notes"), "PATH": path}
        return {
            **own,
            "RULES": str(self.folder / "rules"),
            "CLONE": str(self.clone),
            **self.secrets,
        }

    def _stand_ins(self) -> list[str]:
        texts = [path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml")]
        made = []
        for action in sorted({one for text in texts for one in _USED.findall(text)}):
            folder = self.folder / "actions" / action.partition("@")[0]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "action.yml").write_text(_STAND_IN.format(name=action.partition("@")[0]))
            made.append(f"{action}={folder}")
        return made

    def _program(self, name: str, text: str) -> None:
        file = self.clone / "bin" / name
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)


@dataclass(frozen=True)
class Run:
    """How a run ended, what it said, and what was asked of programs and actions, in order."""

    code: int
    said: str
    asked: list[str]

    def of(self, program: str) -> list[str]:
        """What was asked of one program."""
        return [one.removeprefix(f"{program} ") for one in self.asked if one.startswith(program)]
