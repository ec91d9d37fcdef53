"""Dumps on the double: taken, listed, restored, refused, broken on purpose, and seen to be loud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.supabase.constants import (
    DIRECT_PORT,
    PASSWORD,
    POOLER_HOST,
    direct_host_of,
)
from localcloud.supabase.constants import (
    PROJECT_REF as REF,
)
from tests.e2e.data.conftest import DIRECT_URL, damage_is_loud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.data.conftest import Platform

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]

_BARE = "nutri-bare"
_CONFIG, _PASSWORD = "/etc/nutri/dumps/config.json", "/etc/nutri/dumps/password"


def _json(platform: Platform, *words: str) -> Any:  # noqa: ANN401
    done = platform.stack.runbook(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def bare(platform: Platform) -> Iterator[str]:
    """A bare PostgreSQL on the server: no role, no extension of anybody's; yields its URL."""
    image = platform.run(f"jq -r .scratch_image {_CONFIG}").stdout.strip()
    image = image.replace("{major}", "17")
    platform.run(
        f"docker run -d --name {_BARE} -e POSTGRES_PASSWORD=bare -p 127.0.0.1:5999:5432 {image}"
    )
    url = "postgresql://postgres:bare@127.0.0.1:5999/postgres?sslmode=disable"
    platform.run(f"timeout 60 sh -c 'until psql -XAtqc \"select 1\" {url!r}; do sleep 0.2; done'")
    yield url
    platform.run(f"docker rm -fv {_BARE}")


def test_the_first_up_took_a_dump_and_saw_it_come_back(platform: Platform) -> None:
    """The checks are green, and nothing of a secret is in the open."""
    assert {name: status for name, (status, _) in platform.verdicts().items()} == dict.fromkeys(
        ("dump-age", "dump-repository", "dump-timer", "proven-restore"), "green"
    )
    modes = platform.run("stat -c '%a %n' /etc/nutri/dumps/*").stdout.split("\n")
    assert all(line.startswith("600 ") for line in modes if line)
    assert PASSWORD not in platform.box("grep -rl . /srv/box/home | head -50; cat /etc/passwd")


def test_nothing_changes_when_it_runs_again(platform: Platform) -> None:
    """A second `up` installs nothing anew."""
    assert platform.stack.up() == {}


def test_dumps_are_taken_and_listed(platform: Platform) -> None:
    """By the CLI, newest first, with what they hold."""
    taken = _json(platform, "dump", "now")
    listed = _json(platform, "dump", "list")["dumps"]
    assert listed[0]["run"] == taken["run"]
    users = int(platform.sql("select count(*) from users;"))
    assert taken["rows"] >= users > 0


def test_a_dump_comes_back_on_a_bare_postgresql(platform: Platform, bare: str) -> None:
    """Roles, extensions, tables, every row; and never a second time over its data."""
    wish = json.dumps({"to": bare})
    done = platform.dump("restore", wish)
    assert done["tables"]["public.users"] == int(platform.sql("select count(*) from users;", bare))
    assert platform.sql("select md5(string_agg(u::text, ',' order by u::text)) from users u;", bare)
    assert platform.sql("select 1 from pg_roles where rolname = 'nutri_readonly';", bare) == "1"
    assert platform.sql("select 1 from pg_extension where extname = 'pgcrypto';", bare) == "1"
    assert "--lose postgres --yes" in platform.refused("restore", wish)
    assert "not other" in platform.refused(
        "restore", json.dumps({"to": bare, "overwrite": "other"})
    )
    platform.sql("delete from meals; delete from users;", bare)
    again = platform.dump("restore", json.dumps({"to": bare, "overwrite": "postgres"}))
    assert again["tables"] == done["tables"]


def test_a_restore_to_scratch_leaves_nothing(platform: Platform) -> None:
    """By the CLI; the time may be named."""
    at = _json(platform, "dump", "list")["dumps"][-1]["at"]
    done = _json(platform, "restore", "--to", "scratch", "--at", at)
    assert done["dump"]["at"] == at
    assert "nutri-scratch" not in platform.run("docker ps -a --format '{{.Names}}'").stdout


def test_production_is_not_overwritten(platform: Platform) -> None:
    """The stack's own database has data."""
    done = platform.stack.runbook("restore", "--to", "database")
    assert done.returncode == 1
    assert "nothing was touched" in done.stderr


@pytest.mark.parametrize(
    ("kind", "says"), [("refused", "refuses connections"), ("login", "refuses the login")]
)
def test_storage_that_refuses_is_loud(platform: Platform, kind: str, says: str) -> None:
    """The dump fails, and the checks are red; afterwards all is well again."""
    with platform.trouble(kind):
        assert says in platform.refused()
        status, message = platform.verdicts()["dump-age"]
        assert (status, says in message) == ("red", True), message
    platform.dump()


@pytest.mark.parametrize("kind", ["full", "dropped"])
def test_storage_that_takes_nothing_is_loud(platform: Platform, kind: str) -> None:
    """Full, or a line that breaks in the middle: no dump is taken for one."""
    before = platform.dump("list")
    platform.sql(
        "create table ballast as select md5(n::text) as t from generate_series(1, 9999) n;"
    )
    with platform.trouble(kind):
        assert platform.refused()
        assert platform.verdicts()["dump-age"][0] == "red"
    platform.sql("drop table ballast;")
    assert platform.dump("list")[0]["run"] == before[0]["run"]
    platform.dump()


def test_a_wrong_password_is_loud(platform: Platform) -> None:
    """The repository does not open, and the checks say which setting it is."""
    platform.run(f"cp -p {_PASSWORD} /root/kept; printf wrong >{_PASSWORD}")
    try:
        assert "nutri:resticPassword" in platform.refused()
        assert platform.verdicts()["dump-repository"][0] == "red"
    finally:
        platform.run(f"mv /root/kept {_PASSWORD}")


def test_an_empty_database_is_no_dump(platform: Platform) -> None:
    """Whoever set the address to another database hears of it."""
    platform.run(f"cp -p {_CONFIG} /root/kept")
    platform.sql("create database nothing;")
    try:
        platform.run(f"sed -i 's,:5432/postgres,:5432/nothing,' {_CONFIG}")
        assert "has no table" in platform.refused()
        assert platform.verdicts()["dump-age"][0] == "red"
    finally:
        platform.run(f"mv /root/kept {_CONFIG}")
        platform.sql("drop database nothing with (force);")
    platform.dump()


def test_a_host_with_ipv6_alone_is_told(platform: Platform) -> None:
    """As the vendor's direct one is: this server has no way to it, and hears of the pooler."""
    platform.run(f"cp -p {_CONFIG} /root/kept")
    direct = direct_host_of(REF)
    try:
        platform.run(f"sed -i 's,@{POOLER_HOST}:,@{direct}:,' {_CONFIG}")
        said = platform.refused()
        assert f"{direct} has an IPv6 address alone" in said
        assert "session pooler's URL (port 5432) in nutri:databaseDirectUrl" in said
    finally:
        platform.run(f"mv /root/kept {_CONFIG}")
    platform.dump()


def test_runs_exclude_each_other(platform: Platform) -> None:
    """The second one says who is at work, with a code of its own."""
    done = platform.run(
        "nutri-dump now >/dev/null 2>&1 & sleep 0.5; nutri-dump now; code=$?; wait; exit $code",
        check=False,
    )
    assert done.code == 75, done.stderr
    assert "another run is at work" in done.stderr


def test_the_timer_takes_dumps(platform: Platform) -> None:
    """The unit does what the timer starts; a stopped timer is red."""
    platform.run("systemctl start nutri-dump.service")
    platform.run("systemctl stop nutri-dump.timer")
    assert platform.verdicts()["dump-timer"][0] == "red"
    platform.run("systemctl start nutri-dump.timer")


def test_a_corrupt_newest_dump_is_passed_over(platform: Platform) -> None:
    """The drill damages the newer of two dumps and restores the older one, saying so."""
    done = _json(platform, "drill", "corrupt-dump")
    assert done["outcome"] == "recovered"
    (restored,) = [one for one in done["phases"] if one["name"] == "restore"]
    assert "is corrupt" in restored["note"]


def test_refused_storage_is_drilled(platform: Platform) -> None:
    """What the checks read of the real dumps stays as it was."""
    before = platform.dump("evidence")["status"]
    assert _json(platform, "drill", "storage-refused")["outcome"] == "recovered"
    assert platform.dump("evidence")["status"] == before


def test_a_file_cut_off_in_the_repository_is_loud(platform: Platform) -> None:
    """The check finds it."""
    damage_is_loud(platform, platform.box, "/srv/box/home/nutri")


def test_the_proof_is_kept_with_its_date(platform: Platform) -> None:
    """On demand, tables and rows compared; the check tells when."""
    proof = _json(platform, "dump", "verify")
    assert proof["tables"]["public.users"]["dump"] == proof["tables"]["public.users"]["production"]
    assert proof["canary_age_s"] < 3600
    assert platform.verdicts()["proven-restore"][0] == "green"


def test_a_lost_database_comes_back_with_the_next_up(platform: Platform) -> None:
    """`restore: latest` fills an empty database before the services start, and only once."""
    rows = int(platform.sql("select count(*) from users;"))
    platform.dump()
    platform.sql(
        "drop schema public cascade; create schema public; grant all on schema public to public;"
    )
    platform.stack.config["nutri:restore"] = "latest"
    platform.stack.up()
    assert int(platform.sql("select count(*) from users;")) == rows
    assert "left as it is" in platform.dump("restore-once")["message"]
    assert POOLER_HOST in platform.run(f"cat {_CONFIG}").stdout
    assert str(DIRECT_PORT) in platform.run(f"cat {_CONFIG}").stdout


def test_a_new_project_gets_the_data_with_the_next_up(platform: Platform) -> None:
    """Supabase's project itself is lost: its successor is made, named, and filled."""
    rows = int(platform.sql("select count(*) from users;"))
    platform.dump()
    ref = platform.cloud.new_project("nutri-2")
    for key, url in (
        ("databaseUrl", f"{ref}.{POOLER_HOST}:6543/postgres?pgbouncer=true"),
        ("databaseDirectUrl", f"{ref}.{POOLER_HOST}:{DIRECT_PORT}/postgres?sslmode=disable"),
    ):
        platform.stack.set_secret(f"nutri:{key}", f"postgresql://postgres:{PASSWORD}@{url}")
    platform.stack.config |= {"nutri:supabaseProject": ref, "nutri:restore": "latest"}
    platform.stack.up()
    there = DIRECT_URL.replace("@", f"@{ref}.")
    assert int(platform.sql("select count(*) from users;", there)) == rows
    checked = platform.stack.runbook("check", "S3", "E3", "dump-age", "health")
    assert checked.returncode == 0, checked.stdout
