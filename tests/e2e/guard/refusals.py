"""Each command that a refusal, or an update's message, names: and the test that ran it as printed.

For what checks print see tests/e2e/mutants/remedies.py; a unit test holds that all are here.
"""

from __future__ import annotations

_LIFTED = "tests/e2e/guard/test_refusals_are_lifted.py::"
_MISTAKE = f"{_LIFTED}test_a_mistake_of_the_configuration_is_gone"
_PROJECT = f"{_LIFTED}test_what_stands_in_hetzners_project_is_let_be"
_WORLDS = "tests/e2e/mutants/test_mutants.py::test_the_right_check_is_red_and_no_other"
_NO_HARM = "tests/e2e/mutants/test_mutants.py::test_a_command_for_another_cause_does_no_harm"

RUN = {
    "config/app_file.py: pulumi config set --path --type string": _MISTAKE,
    "config/dumps.py: pulumi config set --secret …:…": _MISTAKE,
    "config/former.py: pulumi config set --path …'…' … && pulumi config rm nutri:…": _MISTAKE,
    "config/services.py: pulumi config set --path --type string '…' ...": _MISTAKE,
    "infra/stack_config.py: pulumi config set --secret --path": _MISTAKE,
    "config/services.py: pulumi config set --secret --path": _MISTAKE,
    "infra/stack_config.py: pulumi config set --secret --path '…:secrets.SERVICE.NAME'": _MISTAKE,
    "config/settings.py: pulumi config set --secret hcloud:token": _MISTAKE,
    "config/settings.py: pulumi config set --secret …:registryPassword": _MISTAKE,
    "config/settings.py: pulumi config set … ...": _MISTAKE,
    "infra/servers/tiers.py: pulumi config set tier …": _PROJECT,
    "infra/ingress/zone.py: pulumi config set takeOverDns true": _PROJECT,
    "common/passphrase.py: pulumi stack change-secrets-provider passphrase": (
        "tests/e2e/guard/test_what_is_printed.py::test_a_passphrase_is_changed"
    ),
    "infra/coolify/downgrade.py: runbook server restore": (
        "tests/e2e/recovery/test_recovery.py::test_a_spoilt_disk_is_replaced_by_a_snapshot"
    ),
    "infra/ingress/certificates.py: pulumi up": (
        "tests/e2e/day_one/test_day_one.py::test_the_next_up_finishes_it"
    ),
    "infra/coolify/instance.py: pulumi up": (
        "tests/e2e/coolify/test_restored.py::test_up_and_once_more_as_it_says"
    ),
    "infra/servers/reachable.py: runbook server revive": (
        "tests/e2e/recovery/test_recovery.py::test_a_frozen_server_is_brought_back"
    ),
    "agent/dumps/postgres.py: runbook database doctor --allow-writes": _WORLDS,
    "agent/dumps/restic.py: runbook check disk": _NO_HARM,
    "clients/drain/__init__.py: runbook check disk": _NO_HARM,
}
"""File and text as the source has it (what the program puts in is `…`), and the test."""

NOT_RUN = {
    "infra/ingress/zone.py: pulumi config set manageDns false": "no world has a secondary zone",
    "config/app_file.py: pulumi config set --path": (
        "the engine refuses it before, by the type that Pulumi.yaml gives the setting"
    ),
    "clients/ssh/options.py: pulumi up": (
        "a state that was damaged by hand: each update writes its outputs anew"
    ),
    "agent/dumps/config.py: pulumi up --replace '**::install-dumps'": (
        "a step is taken back and run again by the engine, as the baseline's is in two worlds"
    ),
    "agent/dumps/postgres.py: pulumi up --replace '**::install-dumps'": (
        "a step is taken back and run again by the engine, as the baseline's is in two worlds"
    ),
    "infra/guard/transform.py: pulumi up": "tested without an engine",
    "infra/servers/resize.py: pulumi up": "the wait for a shutdown takes minutes",
    "infra/servers/resize.py: runbook ssh": "a shell for a person, who shuts the server down",
}
"""Those that no test has run yet, each with its reason: nothing may be added here in silence."""
