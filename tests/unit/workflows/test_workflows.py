"""The workflows: pinned, with little power, and no secret within a fork's reach."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from runbook.cli import whole

_ROOT = Path(__file__).parents[3]
_FILES = sorted((_ROOT / ".github" / "workflows").glob("*.yml"))
_PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+(\.\d+)*")


def _load(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def _jobs(path: Path) -> dict[str, dict[str, Any]]:
    return dict(_load(path)["jobs"])


workflow = pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)


def test_the_workflows_are_there() -> None:
    """Tests, preview, apply, deploy and drift each have one."""
    assert [path.stem for path in _FILES] == ["apply", "deploy", "drift", "preview", "test"]


@workflow
def test_actions_are_pinned_by_hash(path: Path) -> None:
    """A moved tag cannot change what runs; the comment tells which version it is."""
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert used
    assert [line for line in used if not _PINNED.fullmatch(line)] == []


@workflow
def test_power_is_given_job_by_job(path: Path) -> None:
    """The default is to read; every job has a bound in time."""
    assert _load(path)["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 90 for job in _jobs(path).values())


@workflow
def test_a_failure_before_a_pipe_is_a_failure(path: Path) -> None:
    """Only the shell that is named explicitly has pipefail."""
    assert _load(path)["defaults"] == {"run": {"shell": "bash"}}


@workflow
def test_no_fork_runs_with_this_repositorys_rights(path: Path) -> None:
    """`pull_request_target` would run a stranger's code with our secrets."""
    assert "pull_request_target" not in path.read_text(encoding="utf-8")


@workflow
def test_no_credential_stays_in_the_checkout(path: Path) -> None:
    """A checked-out program cannot push in our name."""
    steps = [step for job in _jobs(path).values() for step in job["steps"]]
    checkouts = [step for step in steps if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_forks_are_previewed_without_secrets() -> None:
    """The job for forks names no secret and no environment that has some."""
    (preview,) = [path for path in _FILES if path.stem == "preview"]
    fork = _jobs(preview)["fork"]
    assert "!=" in fork["if"]
    assert "environment" not in fork
    assert "secrets." not in yaml.safe_dump(fork)


def test_what_is_applied_is_what_was_reviewed() -> None:
    """The plan of the pull request is saved by the preview and given to the update."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in _FILES}
    assert "--save-plan plan.json" in texts["preview"]
    assert "pulumi up --stack prod --plan plan.json" in texts["apply"]


def _scripts(path: Path) -> list[str]:
    return [step["run"] for job in _jobs(path).values() for step in job["steps"] if "run" in step]


@workflow
def test_a_failure_in_a_pipe_fails_the_step(path: Path) -> None:
    """GitHub's default shell has no pipefail, and drift is told through a pipe."""
    assert _load(path)["defaults"] == {"run": {"shell": "bash"}}


@workflow
def test_every_script_is_shell(path: Path) -> None:
    """By the shell's own parser; GitHub's expressions are filled in before."""
    for script in _scripts(path):
        assert "${{" not in script, "an expression in a script is an injection"
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@workflow
def test_every_command_is_there(path: Path) -> None:
    """Verbs of the CLI with their options, programs of `bin/` and targets of `make`."""
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    for line in (line.strip() for script in _scripts(path) for line in script.splitlines()):
        words = re.split(r"[>|]|2>", line)[0].split()
        if line.startswith("runbook "):
            _require_verb(words[1:])
        if line.startswith("bin/"):
            assert os.access(_ROOT / words[0], os.X_OK)
        if line.startswith("make "):
            assert f"{words[1]}:" in makefile


def _require_verb(words: list[str]) -> None:
    command = whole().commands[words[0]]
    known = {option for param in command.params for option in param.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_one_token_for_all() -> None:
    """It is part of the target: another one would be a change that nobody reviewed."""
    texts = [path.read_text(encoding="utf-8") for path in _FILES]
    tokens = {found for text in texts for found in re.findall(r"secrets\.HCLOUD\w+", text)}
    assert tokens == {"secrets.HCLOUD_TOKEN"}


def test_a_refused_plan_is_commented_on_and_not_kept() -> None:
    """`pulumi preview` fails for it, and that must not keep the comment from being written."""
    (preview,) = [path for path in _FILES if path.stem == "preview"]
    steps = _jobs(preview)["production"]["steps"]
    keeping = [step for step in steps if "--save-plan" in step.get("run", "")]
    uploading = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    commenting = [step for step in steps if "gh pr comment" in step.get("run", "")]
    allowed = "steps.plan.outputs.code == '0' || steps.plan.outputs.code == '3'"
    assert [step["if"] for step in (*keeping, *uploading)] == [allowed, allowed]
    assert ["if" in step for step in commenting] == [False]
