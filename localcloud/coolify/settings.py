"""What the coolify container is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.coolify import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RootUser:
    """The first user, as asked for by ROOT_* variables; empty strings where not given."""

    name: str = ""
    email: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class CoolifySettings:
    """One Coolify instance."""

    database_url: str = field(repr=False)
    """libpq connection string."""
    version: str = VERSION
    ssh_dir: Path = Path("/var/www/html/storage/app/ssh")
    """Folder with `keys/` and `mux/`."""
    rate_limit: int = 200
    """Requests a minute and user; `API_RATE_LIMIT`."""
    autoupdate: bool = True
    registry: str = "docker.localcloud.test"
    """Registry of Coolify's own images; `REGISTRY_URL`."""
    root_user: RootUser = RootUser()
    rollback_ignores_tag: bool = True
    """4.3.10's fault: a rollback deploys the configured tag again."""
    proxy_on_start: bool = True
    """Whether the seeder starts the proxy of server 0."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> CoolifySettings:
        """Read the variables Coolify's own `.env` uses."""
        return cls(
            database_url=_database_url(env),
            version=env.get("COOLIFY_VERSION") or VERSION,
            rate_limit=int(env.get("API_RATE_LIMIT") or 200),
            autoupdate=env.get("AUTOUPDATE", "").lower() != "false",
            registry=env.get("REGISTRY_URL") or "docker.localcloud.test",
            root_user=RootUser(
                env.get("ROOT_USERNAME", ""),
                env.get("ROOT_USER_EMAIL", ""),
                env.get("ROOT_USER_PASSWORD", ""),
            ),
            rollback_ignores_tag=env.get("LOCALCLOUD_ROLLBACK", "ignores-tag") == "ignores-tag",
        )


def _database_url(env: Mapping[str, str]) -> str:
    """A keyword string: a password may hold any character once it is quoted."""
    password = env.get("DB_PASSWORD", "").replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"host={env.get('DB_HOST', 'coolify-db')} port={env.get('DB_PORT', '5432')} "
        f"dbname={env.get('DB_DATABASE', 'coolify')} user={env.get('DB_USERNAME', 'coolify')} "
        f"password='{password}' connect_timeout=3"
    )
