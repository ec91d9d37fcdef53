"""Domains of applications: their form, and whether another resource has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from localcloud.coolify.errors import ConflictError, ValidationFailedError

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row

_FORBIDDEN = re.compile(r"[`$;&|<>()\\\r\n\s]")
_WARNING = (
    "Using the same domain for multiple resources can cause routing conflicts and "
    "unpredictable behavior."
)


def normalised(domains: str | None) -> str | None:
    """A comma list of URLs with lower-case hosts; or ValidationFailedError."""
    urls = [part.strip() for part in (domains or "").split(",") if part.strip()]
    wrong = [url for url in urls if not _well_formed(url)]
    if wrong:
        raise ValidationFailedError({"domains": [f"Invalid URL: {url}" for url in wrong]})
    return ",".join(_plain(url) for url in urls) or None


def refuse_conflicts(db: Database, team_id: int, domains: str | None, own_uuid: str | None) -> None:
    """Raise ConflictError when another application already answers for one of the domains."""
    wanted = {_address(url): url for url in (domains or "").split(",") if url}
    found = [
        _conflict(row, url)
        for row in _others(db, team_id, own_uuid)
        for url in (row["fqdn"] or "").split(",")
        if url and _address(url) in wanted
    ]
    if found:
        raise ConflictError(
            "Domain conflicts detected. Use force_domain_override=true to proceed.",
            conflicts=found,
            warning=_WARNING,
        )


def generated(db: Database, server: Row, uuid: str) -> str:
    """The address Coolify makes up: below the wildcard domain, else an sslip-style one."""
    if server["wildcard_domain"]:
        base = urlsplit(server["wildcard_domain"])
        return f"{base.scheme}://{uuid}.{base.netloc}"
    address = server["ip"]
    if server["id"] == 0:
        address = db.scalar("SELECT public_ipv4 FROM instance_settings WHERE id = 0")
    return f"http://{uuid}.{address or '127.0.0.1'}.sslip.io"


def _well_formed(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.scheme in {"http", "https"} and parts.hostname and not _FORBIDDEN.search(url))


def _plain(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower()).geturl()


def _address(url: str) -> str:
    """What two resources may not both have: scheme and all, but for a slash at the end."""
    return _plain(url).rstrip("/")


def _others(db: Database, team_id: int, own_uuid: str | None) -> list[Row]:
    return db.all(
        "SELECT applications.* FROM applications "
        "JOIN environments ON environments.id = applications.environment_id "
        "JOIN projects ON projects.id = environments.project_id "
        "WHERE projects.team_id = %s AND applications.uuid IS DISTINCT FROM %s "
        "AND applications.deleted_at IS NULL",
        (team_id, own_uuid),
    )


def _conflict(row: Row, url: str) -> dict[str, Any]:
    host = _address(url).split("://", 1)[-1]
    return {
        "domain": host,
        "resource_name": row["name"],
        "resource_uuid": row["uuid"],
        "resource_type": "application",
        "message": f"Domain {host} is already in use by application '{row['name']}'",
    }
