"""Rows of private keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.errors import NotFoundError, ValidationFailedError
from localcloud.coolify.identifiers import new_public_id
from localcloud.coolify.keys.material import BadKeyError, fingerprint, normalised, public_key

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row


def find(db: Database, team_id: int, uuid: str) -> Row:
    """A team's key by uuid; raises NotFoundError."""
    row = db.one("SELECT * FROM private_keys WHERE uuid = %s AND team_id = %s", (uuid, team_id))
    if row is None:
        raise NotFoundError("Private Key not found.")
    return row


def store(db: Database, team_id: int, private: str, name: str, description: str | None) -> Row:
    """Keep a new key; raises ValidationFailedError when it is none or known already."""
    text, print_ = inspected(private)
    if _known(db, team_id, print_, 0):
        raise ValidationFailedError({"private_key": ["Private key already exists."]})
    return db.insert(
        "private_keys",
        {
            "uuid": new_public_id(),
            "name": name,
            "description": description,
            "private_key": text,
            "fingerprint": print_,
            "team_id": team_id,
        },
    )


def change(db: Database, row: Row, private: str, fields: dict[str, Any]) -> Row:
    """Replace a key's text and, where given, its name and description."""
    text, print_ = inspected(private)
    if _known(db, row["team_id"], print_, row["id"]):
        raise ValidationFailedError({"private_key": ["Private key already exists."]})
    return db.update(
        "private_keys", row["id"], {**fields, "private_key": text, "fingerprint": print_}
    )


def in_use(db: Database, row: Row) -> bool:
    """Whether a server is reached with it."""
    return bool(db.scalar("SELECT 1 FROM servers WHERE private_key_id = %s LIMIT 1", (row["id"],)))


def inspected(private: str) -> tuple[str, str]:
    """The key's normal text and its fingerprint; raises ValidationFailedError."""
    try:
        text = normalised(private)
        return text, fingerprint(text)
    except BadKeyError as error:
        raise ValidationFailedError({"private_key": [str(error)]}) from None


def shown(row: Row, *, secrets: bool) -> dict[str, Any]:
    """The key as the API shows it."""
    visible = {**row, "public_key": public_key(row["private_key"])}
    if not secrets:
        del visible["private_key"]
    return visible


def _known(db: Database, team_id: int, print_: str, except_id: int) -> bool:
    query = "SELECT 1 FROM private_keys WHERE team_id = %s AND fingerprint = %s AND id <> %s"
    return bool(db.scalar(query, (team_id, print_, except_id)))
