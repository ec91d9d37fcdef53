"""What the remedy of each world's red check holds, command by command; all of them are run.

A remedy is a text for people. What is in backquotes and begins with `pulumi` or `runbook` is a
command, and of three kinds:

* after the word "see" one that only looks: it is run as printed, and has to answer;
* one that heals: they are run as printed, in their order, and then the check has to be green;
* one for another cause than this world's: it heals in another world, or in a test of its own,
  which `ELSEWHERE` names.

Where a person has to act, the text names no command that would mend it, and `person` says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.settings import DEMO_TOKEN
from tests.e2e.conftest import SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.mutants.scene import Scene

_COMMAND = r"`((?:pulumi|runbook) [^`]+)`"
_SEEN = re.compile(rf"\bsee {_COMMAND}(?:(?:,| and|, and) {_COMMAND})*")


def commands(text: str) -> list[str]:
    """Every command in a text, in its order."""
    return re.findall(_COMMAND, text)


def looks(text: str) -> list[str]:
    """Those that only look."""
    return [one for seen in _SEEN.finditer(text) for one in commands(seen.group())]


@dataclass(frozen=True)
class Remedy:
    """What a remedy's text holds, in its order."""

    heals: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    person: str = ""
    first: Callable[[Scene], None] | None = None
    """What somebody has to mend elsewhere, as the text says, before the command can heal."""
    value: str = "y"
    """What is typed where a command asks."""


def _up(*seen: str, others: tuple[str, ...] = ()) -> Remedy:
    return Remedy(("pulumi up",), seen, others)


def _by(person: str, *seen: str, others: tuple[str, ...] = ()) -> Remedy:
    return Remedy((), seen, others, person=person)


def _lets_encrypt_answers(scene: Scene) -> None:
    scene.cloud.localcloud("acme", "none")


def _a_token_that_may_write(scene: Scene) -> None:
    scene.cloud.knob("DELETE", "/faults")


def _the_address_is_right_again(scene: Scene) -> None:
    scene.run("cp -p /etc/nutri/dumps/config.json.kept /etc/nutri/dumps/config.json")


_PROXYS_LOG = "runbook ssh -- docker logs --tail 100 coolify-proxy"
_DUMPS_LOG = "runbook ssh -- journalctl -u nutri-dump -n 50"
_DOCKERS_LOG = "runbook ssh -- journalctl -u docker -n 100"
_COOLIFYS_LOG = "runbook ssh -- docker logs --tail 100 coolify"
_RESOURCES = "runbook resources"
_CONTAINERS = "runbook check containers"
_BASELINE = Remedy(("pulumi up --replace '**::baseline*'",))
_LET_ALL_IN = (
    "runbook ssh -- docker exec coolify-db psql -U coolify -d coolify "
    "-c 'update instance_settings set allowed_ips = null'"
)
_AGREE = "pulumi config set --path 'nutri:acknowledge[0]'"
_TAKE_BACK = "pulumi config rm --path 'nutri:acknowledge[0]'"
_ROTATE = Remedy(("runbook rotate coolify-token",))
_LET_GO = Remedy((f"{_AGREE} nutri-backend-1:variables", "pulumi up", _TAKE_BACK))
_ELSEWHERE = "the fault is in a program or an account that is not the platform's"
_GROWS = "what is used up belongs to a workload: it has to be mended, or the tier raised"

REMEDIES = {
    "backups_are_off": _up(),
    "the_newest_backup_is_old": _by("Hetzner makes the backups, or its support has to"),
    "the_protection_is_off": _up(),
    "the_server_is_off": Remedy(("runbook server revive",)),
    "a_change_by_hand": _up("runbook plan"),
    "another_host_key": _by("nothing may be sent to a server that is not ours"),
    "a_token_that_may_only_read": Remedy(
        ("pulumi config set --secret hcloud:token", "pulumi up"),
        first=_a_token_that_may_write,
        value=DEMO_TOKEN,
    ),
    "coolifys_api_is_off": _up(),
    "coolify_lets_no_address_in": Remedy((_LET_ALL_IN,)),
    "coolify_is_stopped": Remedy(
        ("runbook ssh -- docker restart coolify",),
        ("runbook ssh -- docker logs --tail 100 coolify",),
    ),
    "the_token_is_gone": _up(),
    "a_token_for_less_than_needed": _ROTATE,
    "an_old_token": _ROTATE,
    "port_22_is_shut": _up("runbook check server"),
    "port_80_is_shut": _up("runbook ssh -- docker ps --filter name=coolify-proxy"),
    "a_port_is_open_to_the_world": _up("runbook ssh -- ss -ltnp"),
    "the_proxys_api_is_open": _up(_PROXYS_LOG),
    "a_file_that_the_proxy_cannot_read": _by(
        "the file is somebody's, and may be right but for a word"
    ),
    "a_file_of_a_drain_was_left": Remedy(
        ("runbook ssh -- rm /data/coolify/proxy/dynamic/nutri-drain-mutant.yaml",)
    ),
    "a_name_leads_elsewhere": _up(),
    "ipv6_leads_elsewhere": _up(),
    "a_certificate_that_ends_soon": Remedy(
        ("runbook ssh -- docker restart coolify-proxy",),
        (_PROXYS_LOG,),
        first=_lets_encrypt_answers,
    ),
    "an_expired_certificate": Remedy(
        ("runbook ssh -- docker restart coolify-proxy",),
        (_PROXYS_LOG,),
        first=_lets_encrypt_answers,
    ),
    "plain_http_is_served": _up(
        "runbook ssh -- grep -rl ml.nutri.test /data/coolify/proxy/dynamic"
    ),
    "ssh_takes_passwords": _BASELINE,
    "a_journal_without_bound": _BASELINE,
    "a_pending_reboot": Remedy(("runbook server revive --force",)),
    "cores_are_missing": Remedy(("runbook server revive --force",), ("runbook plan",)),
    "a_security_update_waits": Remedy(("runbook ssh -- apt-get upgrade --yes",)),
    "docker_is_stopped": Remedy(("runbook docker restart",), (_DOCKERS_LOG,)),
    "a_container_takes_all_cores": _by(_GROWS, _RESOURCES),
    "a_memory_hog": _by(_GROWS, _RESOURCES),
    "killed_for_its_memory": _by(_GROWS, "runbook ssh -- docker logs --tail 100 greedy"),
    "a_crash_loop": _by(_ELSEWHERE, "runbook ssh -- docker logs --tail 100 loop"),
    "a_service_leaks": Remedy(("runbook restart nutri-ml-service",), (_RESOURCES,)),
    "a_replica_ran_out_of_memory": _by(_GROWS, "runbook logs nutri-ml-service --errors"),
    "a_full_disk": _by(_GROWS, _RESOURCES),
    "no_inode_left": _by(_GROWS, _RESOURCES),
    "a_clock_that_is_ahead": _by(
        "a server without its hypervisor's clock is Hetzner's to mend",
        "runbook ssh -- timedatectl",
    ),
    "a_replica_is_dead": _up("runbook logs nutri-backend"),
    "a_wrong_status_word": Remedy(
        ("runbook restart nutri-ml-service",),
        ("runbook status", "runbook logs nutri-ml-service"),
        ("runbook rollback nutri-ml-service",),
    ),
    "only_500s": Remedy(
        ("runbook restart nutri-ml-service",),
        ("runbook status", "runbook logs nutri-ml-service"),
        ("runbook rollback nutri-ml-service",),
    ),
    "slow_answers": _by(_ELSEWHERE, _RESOURCES),
    "another_build_under_the_same_tag": Remedy(
        ("runbook restart nutri-ml-service",), (_CONTAINERS,)
    ),
    "one_replica_gets_no_request": Remedy(
        ("runbook restart nutri-backend",),
        (_CONTAINERS,),
        ("runbook ssh -- docker restart coolify-proxy",),
    ),
    "a_log_full_of_errors": _by(
        _ELSEWHERE,
        "runbook logs nutri-backend --errors --since 15m",
        others=("runbook rollback nutri-backend",),
    ),
    "requests_that_take_seconds": _by(
        _ELSEWHERE, "runbook requests nutri-backend --since 1h", _RESOURCES
    ),
    "a_variable_set_in_the_dashboard": Remedy(_LET_GO.heals, ("runbook env diff nutri-backend",)),
    "every_request_is_a_new_clients": _by("the app has to be told whom to believe, in its code"),
    "the_project_is_paused": Remedy(("runbook database doctor",)),
    "the_pool_is_exhausted": Remedy(("runbook database doctor --end-stuck",)),
    "a_replica_goes_past_the_pooler": _LET_GO,
    "writes_are_stopped": Remedy(("runbook database doctor --allow-writes",)),
    "supabase_makes_no_backups": _by("Supabase makes the backups, or its support has to"),
    "storage_refuses": _by("the Storage Box's settings are its owner's"),
    "another_password": _by("the right password is known to people alone"),
    "an_upload_was_skipped": Remedy(("runbook dump now",), (_DUMPS_LOG,)),
    "an_empty_database_is_dumped": Remedy(
        ("runbook dump now",), (_DUMPS_LOG,), first=_the_address_is_right_again
    ),
    "a_file_in_the_repository_is_cut_off": _by(
        "whether older dumps are whole decides what is done", "runbook dump list"
    ),
    "the_timer_is_stopped": Remedy(("runbook ssh -- systemctl enable --now nutri-dump.timer",)),
    "no_dump_was_proven_for_long": Remedy(("runbook dump verify",)),
    "the_page_was_left_on": _up(),
    "the_page_is_not_shown": _up(),
    "an_announced_maintenance_was_never_held": Remedy(("runbook maintenance end",)),
    "redis_is_down": _by("it is another's, and somebody has to start it"),
    "redis_has_another_password": Remedy(
        ("pulumi config set --secret nutri:redisUrl", "pulumi up"),
        value=SECRETS["nutri:redisUrl"].replace(":localcloud", ":another-localcloud"),
    ),
    "a_passphrase_that_is_guessed": _by(
        "a passphrase is chosen by people",
        others=("pulumi stack change-secrets-provider passphrase",),
    ),
    "a_service_is_on_one_server_only": _up(_CONTAINERS),
    "a_server_gets_no_requests": _up(_CONTAINERS),
}
"""World to what its remedy holds."""
