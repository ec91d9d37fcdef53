"""Which remedy heals which world: the command that the red check prints, run as printed.

A world is in `HEALED`, and the proof runs the command and sees the check green; or in `BY_HAND`,
with the reason why no command of ours could; or in `NOT_RUN_YET`, which may only shrink.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import checks

if TYPE_CHECKING:
    from checks import Result
    from tests.e2e.mutants.whole import Whole

HEALED = {
    "backups_are_off": "pulumi up",
    "the_protection_is_off": "pulumi up",
    "coolifys_api_is_off": "pulumi up",
    "port_80_is_shut": "pulumi up",
    "a_port_is_open_to_the_world": "pulumi up",
    "a_name_leads_elsewhere": "pulumi up",
    "the_proxys_api_is_open": "pulumi up",
    "ssh_takes_passwords": "pulumi up --replace '**::baseline*'",
    "a_journal_without_bound": "pulumi up --replace '**::baseline*'",
    "no_dump_was_proven_for_long": "runbook dump verify",
}
"""World to the command of the remedy that heals it."""

_ELSEWHERE = "the fault is in a program or an account that is not the platform's"
_GROWS = "what is used up belongs to a workload: it has to be mended, or the tier raised"
BY_HAND = {
    "a_token_that_may_only_read": "a token is made in Hetzner's console",
    "another_host_key": "nothing may be sent to a server that is not ours",
    "storage_refuses": "the Storage Box's settings are its owner's",
    "another_password": "the right password is known to people alone",
    "a_passphrase_that_is_guessed": "a passphrase is chosen by people",
    "a_file_that_the_proxy_cannot_read": "the file is somebody's, and may be right but for a word",
    "ipv6_leads_elsewhere": "the record is another's, and what it is for is not known",
    "a_container_takes_all_cores": _GROWS,
    "a_memory_hog": _GROWS,
    "killed_for_its_memory": _GROWS,
    "a_full_disk": _GROWS,
    "no_inode_left": _GROWS,
    "a_crash_loop": _ELSEWHERE,
    "a_log_full_of_errors": _ELSEWHERE,
    "requests_that_take_seconds": _ELSEWHERE,
    "slow_answers": _ELSEWHERE,
    "a_wrong_status_word": _ELSEWHERE,
    "redis_has_another_password": "the right one is known to people alone",
    "a_clock_that_is_ahead": "a server without its hypervisor's clock is Hetzner's to mend",
}
"""World to why a person has to act."""

NOT_RUN_YET = frozenset(
    {
        "docker_is_stopped",
        "the_server_is_off",
        "the_timer_is_stopped",
        "a_certificate_that_ends_soon",
        "a_change_by_hand",
        "a_file_in_the_repository_is_cut_off",
        "a_pending_reboot",
        "a_replica_goes_past_the_pooler",
        "a_replica_is_dead",
        "a_security_update_waits",
        "a_server_gets_no_requests",
        "a_service_is_on_one_server_only",
        "a_token_for_less_than_needed",
        "a_variable_set_in_the_dashboard",
        "an_announced_maintenance_was_never_held",
        "an_empty_database_is_dumped",
        "an_expired_certificate",
        "an_old_token",
        "an_upload_was_skipped",
        "another_build_under_the_same_tag",
        "cores_are_missing",
        "one_replica_gets_no_request",
        "only_500s",
        "plain_http_is_served",
        "port_22_is_shut",
        "redis_is_down",
        "supabase_makes_no_backups",
        "the_newest_backup_is_old",
        "the_page_is_not_shown",
        "the_page_was_left_on",
        "the_pool_is_exhausted",
        "the_project_is_paused",
        "every_request_is_a_new_clients",
        "writes_are_stopped",
    }
)
"""Worlds whose remedy no test runs yet."""


def run_and_see_green(command: str, red: Result, whole: Whole) -> None:
    """Run a command as the remedy prints it, and wait until the check is green."""
    assert f"`{command}`" in red.verdict.remedy, red.verdict.remedy
    said = _run(command, whole)
    report = checks.verify(
        whole.scene.target, [red.check], only={(red.check, red.subject)}, settle=180
    )
    assert report.exit_code == 0, f"{command}\n{said}\n{report.table()}"


def _run(command: str, whole: Whole) -> str:
    if command.startswith("pulumi up"):
        done = whole.stack.pulumi("up", "--yes", "--skip-preview", *shlex.split(command)[2:])
    else:
        words = shlex.split(command)
        assert words[0] == "runbook", command
        done = whole.stack.runbook(*words[1:], *_consent(words))
    said = done.stdout + done.stderr
    assert done.returncode == 0 or not re.search("Usage:|No such", said), f"{command}\n{said}"
    return said


_ASKING = (["docker", "restart"], ["server", "revive"])


def _consent(words: list[str]) -> list[str]:
    return ["--yes"] if words[1:] in _ASKING or words[1] == "restart" else []
