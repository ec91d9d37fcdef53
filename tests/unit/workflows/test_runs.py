"""Each workflow is run, by `act`: what it asks of whom, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.workflows.runner import ROOT, Repository

if TYPE_CHECKING:
    from pathlib import Path

OURS, THEIRS = "nektos/act", "stranger/act"  # as `act` names a clone without a remote
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DRIFT = "error: no changes were expected but changes were proposed"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A clone in which all is well."""
    made = Repository(tmp_path)
    made.make()
    made.says("gh", "--workflow apply.yml", "0")
    made.says("gh", "/pulls", "c0ffee")
    made.says("gh", "--workflow preview.yml", "77")
    return made


def _pull_request(repository: str) -> dict[str, Any]:
    head = {"sha": "c0ffee", "repo": {"full_name": repository}}
    return {"pull_request": {"number": 7, "head": head, "base": {"sha": "ba5e"}}}


def test_apply_applies_the_reviewed_plan(repository: Repository) -> None:
    """And the checks that prove a change; a pending security update is no fault of it."""
    run = repository.run("apply", "push", {"ref": "refs/heads/main"})
    assert run.code == 0, run.said
    assert run.of("gh")[-1] == "run download 77 --name plan"
    words = "up --stack prod --plan plan.json --yes --skip-preview --suppress-outputs"
    assert run.of("pulumi") == [words]
    assert run.of("runbook") == ["check --stack prod --change"]


def test_apply_waits_for_older_runs(repository: Repository) -> None:
    """None of three quick merges is dropped: each waits for its turn."""
    for rule in (repository.folder / "rules").glob("gh.*"):
        rule.unlink()
    repository.says("gh", "--workflow apply.yml", "", code=1)
    run = repository.run("apply", "push", {"ref": "refs/heads/main"})
    assert run.code != 0
    assert run.of("pulumi") == []


@pytest.mark.parametrize(("asked", "said"), [("/pulls", "nobody reviewed"), ("preview", "no succ")])
def test_apply_refuses_what_nobody_reviewed(repository: Repository, asked: str, said: str) -> None:
    """A commit that came past a pull request, or whose preview failed."""
    for rule in sorted((repository.folder / "rules").glob("gh.*")):
        if asked in rule.read_text().splitlines()[0]:
            rule.unlink()
    run = repository.run("apply", "push", {"ref": "refs/heads/main"})
    assert run.code != 0
    assert said in run.said
    assert run.of("pulumi") == []


def test_a_calm_platform_has_no_issue(repository: Repository) -> None:
    """And it was asked, so that a runner that reaches no server is no calm."""
    run = repository.run("drift", "workflow_dispatch", {})
    assert run.code == 0, run.said
    assert run.of("gh") == []
    assert run.of("runbook") == ["check server ssh --stack prod"]


def test_drift_is_told_in_one_issue(repository: Repository) -> None:
    """With what differs; the run is red too."""
    repository.says("pulumi", "preview", f"~ firewall update\n{DRIFT}", code=255)
    repository.says("gh", "issue list", "12")
    run = repository.run("drift", "workflow_dispatch", {})
    assert run.code != 0
    assert "issue comment 12 --body-file drift.md" in run.of("gh")


@pytest.mark.parametrize("program", ["pulumi", "runbook"])
def test_trouble_is_no_drift(repository: Repository, program: str) -> None:
    """A token that ran out, a server that cannot be reached: red, and no empty issue."""
    repository.says(program, "", "error: the token is refused", code=255)
    run = repository.run("drift", "workflow_dispatch", {})
    assert run.code != 0
    assert run.of("gh") == []


def test_preview_comments_and_keeps_the_plan(repository: Repository) -> None:
    """Of a branch of this repository."""
    repository.says("runbook", "plan", "### stack prod: 1 change", code=3)
    run = repository.run("preview", "pull_request", _pull_request(OURS))
    assert run.code == 0, run.said
    assert "preview --stack prod --save-plan plan.json --suppress-outputs" in run.of("pulumi")
    assert "actions/upload-artifact" in run.asked
    assert run.of("gh") == ["pr comment 7 --body-file plan.md --edit-last --create-if-none"]


def test_a_refused_plan_is_told_and_not_kept(repository: Repository) -> None:
    """The comment is written all the same, and the check is red."""
    repository.says("runbook", "plan", "### refused", code=4)
    run = repository.run("preview", "pull_request", _pull_request(OURS))
    assert run.code != 0
    assert run.of("gh") != []
    assert "actions/upload-artifact" not in run.asked


def test_a_forks_change_meets_no_secret(repository: Repository) -> None:
    """The job with the secrets is not run for it."""
    run = repository.run("preview", "pull_request", _pull_request(THEIRS), job="production")
    assert run.asked == []


@pytest.mark.parametrize(("code", "green"), [(0, True), (3, True), (2, False)])
def test_a_forks_change_is_tried_on_the_double(
    repository: Repository, code: int, green: bool
) -> None:
    """The platform as it is, then what the change would do to it; nothing of production's."""
    repository.says("runbook", "plan", "### stack local: 1 change", code=code)
    run = repository.run("preview", "pull_request", _pull_request(THEIRS), job="fork")
    assert (run.code == 0) is green, run.said
    assert [one for one in run.asked if not one.startswith("actions/checkout")] == [
        "make up",
        "runbook plan --stack local --markdown",
    ]
    assert run.asked.index("make up") < run.asked.index("runbook plan --stack local --markdown")


def test_an_own_branch_is_not_tried_there(repository: Repository) -> None:
    """It has a plan of production."""
    run = repository.run("preview", "pull_request", _pull_request(OURS), job="fork")
    assert run.asked == []


@pytest.mark.parametrize(
    ("event", "wanted"),
    [("push", ["test"]), ("pull_request", ["test"]), ("schedule", ["test", "test-long"])],
)
def test_the_tests_are_run(repository: Repository, event: str, wanted: list[str]) -> None:
    """By every push; the long ones by night."""
    payload = _pull_request(THEIRS) if event == "pull_request" else {"ref": "refs/heads/main"}
    run = repository.run("test", event, payload)
    assert run.code == 0, run.said
    assert sorted(run.of("make")) == wanted


def test_a_red_test_is_a_red_run(repository: Repository) -> None:
    """Nothing after it hides that."""
    repository.says("make", "test", "1 failed", code=2)
    assert repository.run("test", "push", {"ref": "refs/heads/main"}).code != 0


def test_an_old_run_goes_back_to_its_tag(repository: Repository) -> None:
    """Run again it has its own inputs, and the program and config of today."""
    payload = {"inputs": {"service": "nutri-backend", "tag": "v6"}}
    run = repository.run("deploy", "workflow_dispatch", payload)
    assert run.code == 0, run.said
    assert "deploy nutri-backend v6 --stack prod --yes" in run.of("runbook")
    (deploy,) = [path for path in WORKFLOWS if path.stem == "deploy"]
    assert "ref: main" in deploy.read_text()


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("workflow_dispatch", {"inputs": {"service": "nutri-backend", "tag": "v7"}}),
        (
            "repository_dispatch",
            {"action": "deploy", "client_payload": {"service": "nutri-backend", "tag": "v7"}},
        ),
    ],
)
def test_deploy_plans_deploys_and_keeps_the_tag(
    repository: Repository, event: str, payload: dict[str, Any]
) -> None:
    """By hand, or by the app's own pipeline."""
    run = repository.run("deploy", event, payload)
    assert run.code == 0, run.said
    assert run.of("runbook") == [
        "plan --stack prod --markdown",
        "deploy nutri-backend v7 --stack prod --yes",
    ]
    setting = "--path nutri:services.nutri-backend.tag --type string v7"
    assert run.of("pulumi") == [f"config set --stack prod {setting}"]
    assert "had this tag already" in run.said


def test_a_refused_deploy_is_not_begun(repository: Repository) -> None:
    """What `pulumi up` would refuse is refused before."""
    repository.says("runbook", "plan", "### refused", code=4)
    payload = {"inputs": {"service": "nutri-backend", "tag": "v7"}}
    run = repository.run("deploy", "workflow_dispatch", payload)
    assert run.code != 0
    assert run.of("runbook") == ["plan --stack prod --markdown"]


@pytest.mark.parametrize("code", [0, 1])
def test_the_tag_that_serves_goes_back_into_the_repository(
    repository: Repository, code: int
) -> None:
    """Also where a request was dropped: the tag serves all the same. Nothing else is committed."""
    remote = repository.folder / "remote"
    repository.git("clone", "--quiet", "--bare", ".", str(remote))
    repository.git("remote", "add", "origin", str(remote))
    repository.says("runbook", "deploy", code=code, does="echo '# v7' >>Pulumi.prod.yaml")
    payload = {"inputs": {"service": "nutri-backend", "tag": "v7"}}
    run = repository.run("deploy", "workflow_dispatch", payload)
    assert (run.code != 0) is (code != 0), run.said
    repository.git("fetch", "--quiet", "origin")
    assert repository.git("show", "origin/main:Pulumi.prod.yaml") == "config: {}\n# v7\n"
    shown = repository.git("show", "--name-only", "--format=%s", "origin/main").split("\n")
    assert [one for one in shown if one] == ["Deploy nutri-backend v7", "Pulumi.prod.yaml"]
