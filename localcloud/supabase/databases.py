"""What the management API asks of the databases behind it.

The API keeps the books; the databases are real ones (`localcloud.node.databases`). A test of the
API alone hands in ones of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class DatabaseError(Exception):
    """A database did not do what it was asked to."""


@dataclass(frozen=True)
class DatabaseSpec:
    """The database of one project."""

    ref: str
    host: str
    """The poolers' name on the servers' network."""
    address: str
    """Their address on this machine's loopback."""
    password: str
    """Of the role `postgres`."""
    seeded: bool
    """With nutri's tables and rows; else empty."""
    direct_address: str
    """Where the database itself answers: an IPv6 address."""
    major: int
    """PostgreSQL's major version."""


class Databases(Protocol):
    """Every call blocks until it is done, and raises DatabaseError where it cannot be."""

    def create(self, spec: DatabaseSpec) -> None:
        """Make a database, or start the one that is there; afterwards it answers."""

    def start(self, ref: str) -> None:
        """Let both ports answer again."""

    def stop(self, ref: str) -> None:
        """Break every connection and let both ports refuse; the data stays."""

    def delete(self, ref: str) -> None:
        """Remove a database and its data; none is no error."""

    def set_pool_size(self, ref: str, size: int) -> None:
        """How many connections the pooler has to the database."""

    def set_password(self, ref: str, password: str) -> None:
        """The password of the role `postgres`."""

    def restore_to(self, ref: str, moment: datetime) -> None:
        """Take the data back to a moment since the database's beginning."""

    def hold(self, ref: str, number: int, port: int) -> None:
        """Open so many connections to a port, each inside a transaction."""

    def release(self, ref: str) -> None:
        """Close the held connections."""
