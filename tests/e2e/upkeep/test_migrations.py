"""Migrations on the whole platform: one goes well under traffic, one fails behind the page.

One stack, one story: each test starts from what the one before left. Run the file as a whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.e2e.conftest import running_tags
from tests.e2e.upkeep.conftest import get

if TYPE_CHECKING:
    import subprocess

    from clients.ssh import SshClient
    from common.target import Target
    from tests.e2e.conftest import Stack
    from tests.e2e.upkeep.conftest import People

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]

_BROKEN = "20260302000000_broken"
_KEYS = ("nutri:maintenance", "nutri:services")


def _migrations(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the verb, and let the tests' config follow what it wrote."""
    stack.pulumi("config")  # writes the config file
    done = stack.runbook("migrations", *words)
    written = yaml.safe_load(stack.config_file.read_text())["config"]
    for key in _KEYS:
        stack.config.pop(key, None)
        if key in written:
            stack.config[key] = written[key]
    return done


def test_status_as_each_image_sees_it(stack: Stack) -> None:
    """The running one has all it needs, the next one waits for a migration."""
    done = _migrations(stack, "status")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "has had every migration" in done.stdout
    done = _migrations(stack, "status", "--tag", "migration-good", "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["state"], found["migrations"]) == ("pending", ["20260301000000_meal_notes"])
    assert found["applied"] == 2


def test_a_compatible_migration_drops_no_request(
    stack: Stack, target: Target, server: SshClient
) -> None:
    """Migrated and deployed under traffic; no container and no secret stays on the server."""
    words = ("run", "migration-good", "--no-maintenance", "--without-dump", "--yes", "--json")
    done = _migrations(stack, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["done"], told["dropped"]) == (True, 0)
    assert told["applied"] == ["20260301000000_meal_notes"]
    assert running_tags(target, "nutri-backend") == {"migration-good"}
    assert stack.tag() == "migration-good"
    assert server.run("docker ps -aq --filter label=nutri.one-off").stdout == ""
    assert server.run("grep -rl localcloud-database /tmp /root 2>/dev/null; true").stdout == ""


def test_the_same_again_finds_all_done(stack: Stack) -> None:
    """Nothing is applied, nothing is deployed; it is looked at."""
    before = len(stack.steps())
    done = _migrations(stack, "run", "migration-good", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["applied"] == []
    assert len(stack.steps()) == before


def test_a_breaking_one_needs_its_time_and_a_dump(stack: Stack) -> None:
    """Maintenance was not announced; there are no dumps; nothing is touched by either refusal."""
    done = _migrations(stack, "run", "migration-bad", "--yes")
    assert (done.returncode, "was not announced" in done.stderr) == (2, True), done.stderr
    done = _migrations(stack, "run", "migration-bad", "--force", "--yes")
    assert (done.returncode, "--without-dump" in done.stderr) == (2, True), done.stderr
    assert "nutri:maintenance" not in stack.config


def test_a_failing_migration_leaves_the_old_version_behind_the_page(
    stack: Stack, people: People, target: Target, server: SshClient
) -> None:
    """The page stays, since the database has changed; it is said how to go back and on."""
    words = ("run", "migration-bad", "--without-dump", "--force", "--yes")
    done = _migrations(stack, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "P3018" in done.stderr
    assert f"`runbook migrations resolve migration-bad {_BROKEN}`" in done.stderr
    assert get(target, "/api/meals").headers["x-maintenance"] == "on"
    images = server.run("docker ps --format '{{.Image}}'").stdout.split()
    assert sum(image.endswith("/backend:migration-good") for image in images) == 2
    assert stack.tag() == "migration-good"
    assert "has begun" in people.titles[0]


def test_a_failed_one_has_to_be_resolved_first(stack: Stack) -> None:
    """The same command touches nothing; resolved, the migration is pending again."""
    done = _migrations(stack, "run", "migration-bad", "--without-dump", "--force", "--yes")
    assert (done.returncode, "Nothing was touched" in done.stderr) == (2, True), done.stderr
    done = _migrations(stack, "resolve", "migration-bad", _BROKEN, "--yes")
    assert done.returncode == 0, done.stderr
    assert f"1 migrations are pending: {_BROKEN}" in done.stdout


def test_the_old_version_serves_after_the_end(stack: Stack, target: Target) -> None:
    """As before the migration that failed."""
    stack.pulumi("config")
    done = stack.runbook("maintenance", "end")
    assert done.returncode == 0, done.stdout + done.stderr
    stack.config.pop("nutri:maintenance")
    assert running_tags(target, "nutri-backend") == {"migration-good"}
