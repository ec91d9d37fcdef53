"""Worlds in which dumps are not taken, not whole, not off-site, or never seen to come back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tests.e2e.mutants.mutant import Broken, mutant

if TYPE_CHECKING:
    from tests.e2e.mutants.scene import Scene

DATABASE = "database"
_ETC = "/etc/nutri/dumps"
_STATUS = "/var/lib/nutri/dumps/status.json"
_SAME_CAUSE = "it is the same repository"


def _box(scene: Scene, *commands: str) -> str:
    """Commands of SFTP, in the Storage Box, as the server."""
    login = f"$(jq -r .repository {_ETC}/config.json | cut -d: -f2)"
    options = f"-i {_ETC}/identity -o UserKnownHostsFile={_ETC}/known_hosts -o BatchMode=yes"
    return scene.run(f"sftp -q -P 23 {options} -b - {login}", stdin="\n".join(commands) + "\n")


def _swapped(scene: Scene, file: str, text: str) -> None:
    scene.run(f"cp -p {file} {file}.kept && printf %s {shlex.quote(text)} >{file}")


def _back(scene: Scene, file: str) -> None:
    scene.run(f"mv {file}.kept {file}")


@mutant(
    "dump-age",
    DATABASE,
    says="refuses connections",
    remedy="SSH on for it",
    also={"dump-repository": _SAME_CAUSE},
)
def storage_refuses(scene: Scene) -> Broken:
    """The Storage Box answers nobody."""
    scene.cloud.knob("PATCH", "/knobs", {"storage_boxes": "refused"})
    yield None
    scene.cloud.knob("PATCH", "/knobs", {"storage_boxes": "none"})


@mutant(
    "dump-repository",
    DATABASE,
    says="refuses the password",
    remedy="resticPassword",
    also={"dump-age": _SAME_CAUSE},
)
def another_password(scene: Scene) -> Broken:
    """The server has another password than the repository."""
    _swapped(scene, f"{_ETC}/password", "wrong")
    yield None
    _back(scene, f"{_ETC}/password")


@mutant("dump-age", DATABASE, says="holds no dump", remedy="runbook dump now")
def an_upload_was_skipped(scene: Scene) -> Broken:
    """The server believes in its dump, but the repository has none."""
    _box(scene, "rename nutri/snapshots nutri/away", "mkdir nutri/snapshots")
    yield None
    # Where a dump was taken meanwhile the folder is not empty, and stays.
    mending = ("rmdir nutri/snapshots", "rename nutri/away nutri/snapshots")
    _box(scene, *(f"-{one}" for one in (*mending, "rm nutri/away/*", "rmdir nutri/away")))


@mutant("dump-age", DATABASE, says="has no table", remedy="runbook dump now")
def an_empty_database_is_dumped(scene: Scene) -> Broken:
    """The address leads to a database with nothing in it."""
    config = f"{_ETC}/config.json"
    scene.run(
        f"cp -p {config} {config}.kept\n"
        f"url=$(jq -r .database_url {config})\n"
        'psql -Xq "$url" -c "create database nothing"\n'
        "url=$(echo \"$url\" | sed 's,:5432/postgres,:5432/nothing,')\n"
        f"jq --arg url \"$url\" '.database_url = $url' {config}.kept >{config}\n"
        "nutri-dump now || true"
    )
    yield None
    _back(scene, config)
    scene.run(f'psql -Xq "$(jq -r .database_url {config})" -c "drop database nothing with (force)"')
    scene.run("nutri-dump now")


@mutant("dump-repository", DATABASE, says="found damaged", remedy="runbook dump list")
def a_file_in_the_repository_is_cut_off(scene: Scene) -> Broken:
    """The Storage Box has lost the half of a file."""
    found = _box(scene, "ls -1 nutri/data/*/*")
    file = next(line for line in found.splitlines() if line.startswith("nutri/data/"))
    _box(scene, f"get {file} /root/pack", f"rename {file} nutri/kept")
    scene.run('head -c "$(($(stat -c %s /root/pack) / 2))" /root/pack >/root/half')
    _box(scene, f"put /root/half {file}")
    scene.run("nutri-dump check || true")
    yield None
    _box(scene, f"rm {file}", f"rename nutri/kept {file}")
    scene.run("nutri-dump check")


@mutant("dump-timer", DATABASE, says="nutri-dump.timer is inactive", remedy="systemctl enable")
def the_timer_is_stopped(scene: Scene) -> Broken:
    """Nothing starts the next dump."""
    scene.run("systemctl stop nutri-dump.timer")
    yield None
    scene.run("systemctl start nutri-dump.timer")


@mutant("proven-restore", DATABASE, says="is 40 days old", remedy="runbook dump verify")
def no_dump_was_proven_for_long(scene: Scene) -> Broken:
    """The monthly proof has not run."""
    long_ago = "$(date -u -d '40 days ago' +%FT%TZ)"
    scene.run(
        f"cp -p {_STATUS} {_STATUS}.kept\n"
        f"jq --arg at \"{long_ago}\" '.proof.at = $at' {_STATUS}.kept >{_STATUS}"
    )
    yield None
    _back(scene, _STATUS)
