"""`. bin/env` and `bin/down`: each stack has its own surroundings, and its own state."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHELLS = {"bash": ("bash", "--norc", "-c"), "zsh": ("zsh", "-f", "-c")}
_SHOWN = (
    "PULUMI_STACK",
    "PULUMI_BACKEND_URL",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SHARED_CREDENTIALS_FILE",
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose production has a bucket, and a home with the passphrase and the keys."""
    made = tmp_path / "a clone"
    (made / "bin").mkdir(parents=True)
    for name in ("bin/env", "bin/down", "Pulumi.local.env", "Pulumi.local.yaml"):
        shutil.copy(ROOT / name, made / name)
    text = (ROOT / "Pulumi.prod.env").read_text()
    (made / "Pulumi.prod.env").write_text(text.replace("BUCKET", "states"))
    secrets = tmp_path / ".config/nutri"
    secrets.mkdir(parents=True)
    (secrets / "prod.passphrase").write_text("correct horse battery\n")
    (secrets / "prod.credentials").write_text("[default]\n")
    return made


def _sourced(
    shell: str, clone: Path, *lines: str, **environment: str
) -> tuple[dict[str, str], subprocess.CompletedProcess[str]]:
    """Run lines in a shell, in another folder; what is shown of its environment after them."""
    show = "\n".join(f'printf "%s=%s\\n" {name} "${{{name}-unset}}"' for name in _SHOWN)
    done = subprocess.run(
        [*SHELLS[shell], "\n".join((*lines, show))],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": str(clone.parent), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    shown = dict(line.split("=", 1) for line in done.stdout.splitlines())
    return {name: value for name, value in shown.items() if value != "unset"}, done


def _env(clone: Path, stack: str = "") -> str:
    return f". '{clone}/bin/env' {stack}"


shells = pytest.mark.parametrize("shell", SHELLS)


@shells
def test_the_local_stack_is_the_default(shell: str, clone: Path) -> None:
    """From any folder: its state in the clone, its public passphrase."""
    shown, done = _sourced(shell, clone, _env(clone))
    assert done.returncode == 0, done.stderr
    assert shown == {
        "PULUMI_STACK": "local",
        "PULUMI_BACKEND_URL": f"file://{clone}/.local/state?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "local",
    }
    assert (clone / ".local/state").is_dir()


@shells
@pytest.mark.parametrize("before", ["", "local"])
def test_production_has_nothing_of_the_local_stack(shell: str, before: str, clone: Path) -> None:
    """Whatever the shell was before: no public passphrase, and none of another account's keys."""
    lines = [_env(clone, before)] if before else []
    shown, done = _sourced(
        shell, clone, *lines, _env(clone, "prod"), AWS_ACCESS_KEY_ID="of another account"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    secrets = clone.parent / ".config/nutri"
    assert shown == {
        "PULUMI_STACK": "prod",
        "PULUMI_BACKEND_URL": "s3://states?endpoint=fsn1.your-objectstorage.com&region=fsn1",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(secrets / "prod.passphrase"),
        "AWS_SHARED_CREDENTIALS_FILE": str(secrets / "prod.credentials"),
    }


@shells
def test_the_local_stack_has_nothing_of_production(shell: str, clone: Path) -> None:
    """Back again, nothing of it is left."""
    shown, _ = _sourced(shell, clone, _env(clone, "prod"), _env(clone))
    assert shown["PULUMI_CONFIG_PASSPHRASE"] == "local"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in shown
    assert shown["PULUMI_BACKEND_URL"].startswith("file://")


@shells
def test_a_workflow_gives_the_secrets_by_its_environment(shell: str, clone: Path) -> None:
    """Where there is no file for them."""
    shutil.rmtree(clone.parent / ".config")
    shown, done = _sourced(
        shell,
        clone,
        _env(clone, "prod"),
        PULUMI_CONFIG_PASSPHRASE="of the workflow",
        AWS_ACCESS_KEY_ID="of the workflow",
    )
    assert done.returncode == 0, done.stderr
    assert shown["PULUMI_CONFIG_PASSPHRASE"] == "of the workflow"
    assert shown["AWS_ACCESS_KEY_ID"] == "of the workflow"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in shown
    assert "AWS_SHARED_CREDENTIALS_FILE" not in shown


@shells
@pytest.mark.parametrize("passphrase", [{}, {"PULUMI_CONFIG_PASSPHRASE": "local"}])
def test_production_without_a_passphrase_is_refused(
    shell: str, passphrase: dict[str, str], clone: Path
) -> None:
    """The public one is none; nothing is left that could run with it."""
    shutil.rmtree(clone.parent / ".config")
    shown, done = _sourced(shell, clone, _env(clone, "prod") + " && echo ran=1", **passphrase)
    assert "prod.passphrase cannot be read" in done.stderr
    assert "PULUMI_BACKEND_URL" not in shown
    assert "PULUMI_STACK" not in shown
    assert "ran" not in shown


@shells
def test_what_is_not_set_up_is_told(shell: str, clone: Path) -> None:
    """A stack without surroundings, and surroundings without a place for the state."""
    _, done = _sourced(shell, clone, _env(clone, "nope"))
    assert "there is no" in done.stderr
    assert "Pulumi.nope.env" in done.stderr
    shutil.copy(ROOT / "Pulumi.prod.env", clone)
    shown, done = _sourced(shell, clone, _env(clone, "prod"))
    assert "does not say yet where the state is" in done.stderr
    assert "PULUMI_BACKEND_URL" not in shown


def _down(clone: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "bin/down"], capture_output=True, text=True, check=False, timeout=20
    )


def _state(clone: Path, stack: str) -> Path:
    file = clone / ".local/state/.pulumi/stacks/nutri" / f"{stack}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{}")
    history = clone / ".local/state/.pulumi/history/nutri" / stack
    history.mkdir(parents=True)
    return file


def test_down_forgets_the_local_stack(clone: Path) -> None:
    """All of its state."""
    _state(clone, "local")
    assert _down(clone).returncode == 0
    assert not (clone / ".local/state").exists()
    assert _down(clone).returncode == 0


def test_down_keeps_what_is_not_the_local_stacks(clone: Path) -> None:
    """A stack that somebody keeps in the same place stays, with its history."""
    local, other = _state(clone, "local"), _state(clone, "prod")
    done = _down(clone)
    assert done.returncode == 0, done.stderr
    assert str(other.relative_to(clone)) in done.stdout
    assert other.exists()
    assert (clone / ".local/state/.pulumi/history/nutri/prod").is_dir()
    assert not local.exists()
    assert not (clone / ".local/state/.pulumi/history/nutri/local").exists()


def test_down_keeps_a_local_stack_that_is_on_no_local_cloud(clone: Path) -> None:
    """Whose endpoint was changed."""
    local = _state(clone, "local")
    config = clone / "Pulumi.local.yaml"
    lines = config.read_text().splitlines()
    changed = [one for one in lines if "hcloud:endpoint:" not in one]
    config.write_text("\n".join(changed))
    done = _down(clone)
    assert (done.returncode, local.exists()) == (1, True)
    assert "is on no local cloud" in done.stderr
