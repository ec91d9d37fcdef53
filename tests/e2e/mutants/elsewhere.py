"""Commands of remedies that no broken world runs: for causes that one platform cannot have.

They are run all the same: where all is well they do what they do, and all stays well; or another
test runs them, which is named here.
"""

from __future__ import annotations

WHERE_ALL_IS_WELL = (
    "runbook check",
    "runbook check clock",
    "runbook check disk",
    "runbook check passphrase",
    "runbook check health",
    "runbook check health containers",
    "runbook check redis database-status health",
    "runbook docker prune",
    "pulumi refresh",
    "pulumi preview",
    "pulumi config set coolifyVersion 4.3.10",
    "pulumi up --replace '**::install-coolify'",
)
"""Each is run as printed, at a terminal, and ends well."""

ELSEWHERE = {
    r"runbook rollback .+": (
        "tests/e2e/test_platform.py::test_rollback_goes_to_the_tag_verified_before"
    ),
    r"runbook rotate ssh-key": "tests/e2e/rotation/test_rotation.py::test_the_ssh_key",
    r"pulumi stack change-secrets-provider passphrase": (
        "tests/e2e/guard/test_what_is_printed.py::test_a_passphrase_is_changed"
    ),
}
"""A pattern of the whole command, and the file and name of the test that runs it."""
