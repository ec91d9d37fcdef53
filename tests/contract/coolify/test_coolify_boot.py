"""What the container leaves behind at its first start, and at later ones."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from localcloud.coolify.boot.root_user import seed_root_user
from localcloud.coolify.boot.seeder import seed
from localcloud.coolify.migrations import NewerDatabaseError, migrate
from localcloud.coolify.settings import RootUser

if TYPE_CHECKING:
    from tests.contract.coolify_double import CoolifyDouble


def test_the_installers_key_is_replaced_by_the_databases(coolify: CoolifyDouble) -> None:
    """`id.root@...` does not survive the first start; `ssh_key@<uuid>` takes its place."""
    row = coolify.coolify.db.one("SELECT * FROM private_keys WHERE id = 0")
    assert row is not None
    (path,) = (coolify.ssh_dir / "keys").iterdir()
    assert path.name == f"ssh_key@{row['uuid']}"
    assert path.read_text() == row["private_key"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_root_user_closes_registration(coolify: CoolifyDouble) -> None:
    """User 0 owns team 0, and nobody else can sign up."""
    db = coolify.coolify.db
    assert db.scalar("SELECT role FROM team_user WHERE user_id = 0 AND team_id = 0") == "owner"
    assert db.scalar("SELECT is_registration_enabled FROM instance_settings") is False
    password = str(db.scalar("SELECT password FROM users WHERE id = 0"))
    assert "Correct-horse1" not in password


def test_a_later_start_changes_nothing(coolify: CoolifyDouble, host_key: str) -> None:
    """Seeding again, even with another key in the folder, keeps server, key and user."""
    before = coolify.server()
    (coolify.ssh_dir / "keys" / "id.other@host.docker.internal").write_text(host_key)
    assert migrate(coolify.coolify.db) == ()
    seed(coolify.coolify.db, coolify.coolify.settings)
    assert coolify.server() == before
    assert len(list((coolify.ssh_dir / "keys").iterdir())) == 1


def test_a_later_version_migrates_and_there_is_no_way_back(coolify: CoolifyDouble) -> None:
    """What is there stays; the version before does not start on it any more."""
    db = coolify.coolify.db
    before = db.all("SELECT * FROM servers")
    try:
        assert migrate(db, "4.3.23") == ("schema_later.sql",)
        assert migrate(db, "4.3.23") == ()
        assert db.all("SELECT * FROM servers") == before
        with pytest.raises(NewerDatabaseError, match=r"schema_later\.sql"):
            migrate(db, "4.3.10")
    finally:
        db.execute("ALTER TABLE applications DROP COLUMN is_later")
        db.execute("DELETE FROM migrations WHERE migration = 'schema_later.sql'")


def test_an_installer_without_user_leaves_a_server_without_one(
    coolify: CoolifyDouble, host_key: str
) -> None:
    """`id.@host.docker.internal` gives server 0 an empty SSH user."""
    db = coolify.coolify.db
    db.execute("TRUNCATE servers, private_keys CASCADE")
    (coolify.ssh_dir / "keys" / "id.@host.docker.internal").write_text(host_key)
    seed(db, coolify.coolify.settings)
    assert db.scalar('SELECT "user" FROM servers WHERE id = 0') == ""


def test_a_refused_root_user_is_only_logged(
    coolify: CoolifyDouble, caplog: pytest.LogCaptureFixture
) -> None:
    """The instance starts all the same and is open for registration; a later start tries again."""
    db = coolify.coolify.db
    db.execute("TRUNCATE users, team_user CASCADE")
    db.update("instance_settings", 0, {"is_registration_enabled": True})
    weak = dataclasses.replace(
        coolify.coolify.settings, root_user=RootUser("Ops", "ops@nutri.test", "short")
    )
    seed(db, weak)
    assert db.scalar("SELECT count(*) FROM users") == 0
    assert db.scalar("SELECT is_registration_enabled FROM instance_settings") is True
    assert "root user is not created" in caplog.text
    assert "short" not in caplog.text.replace("must be", "")
    assert seed_root_user(db, coolify.coolify.settings.root_user)
    assert db.scalar("SELECT is_registration_enabled FROM instance_settings") is False


def test_autoupdate_is_switched_off_when_told(coolify: CoolifyDouble) -> None:
    """Only the literal false does that, at each start."""
    db, settings = coolify.coolify.db, coolify.coolify.settings
    query = "SELECT is_auto_update_enabled FROM instance_settings"
    assert db.scalar(query) is True
    seed(db, dataclasses.replace(settings, autoupdate=False))
    assert db.scalar(query) is False
