"""What a stack on the local cloud needs to know of its Supabase: all public."""

from __future__ import annotations

PROJECT_REF = "localcloudnutriaaaaa"
"""The project that is there from the beginning, with nutri's tables and rows."""
PROJECT_NAME = "nutri"
ORGANIZATION = "localcloud"
TOKEN = "sbp_" + "10ca1c10" * 5
"""A personal access token."""
PASSWORD = "localcloud-database"  # noqa: S105 - the double's own, shown in its docs
"""Of the role `postgres` in the first project."""
ZONE = "localcloud.test"
POOLER_HOST = f"pooler.{ZONE}"
DIRECT_PORT = 5432
POOLER_PORT = 6543
POOL_SIZE = 15
MAJORS = (15, 17)
MAJOR = 17
"""Of a project of which nothing else was asked; what the vendor gives to new ones."""
VERSIONS = {15: "15.8.1.040", 17: "17.6.1.008"}
"""As the API tells them."""
MAX_CLIENTS = 200
"""As of the vendor's smallest size."""


def host_of(ref: str) -> str:
    """Where a project's poolers answer: sessions on 5432, transactions on 6543."""
    return POOLER_HOST if ref == PROJECT_REF else f"{ref}.{POOLER_HOST}"


def direct_host_of(ref: str) -> str:
    """Where a project's database itself answers: by IPv6 alone, as the vendor has it."""
    return f"db.{ref}.{ZONE}"


def direct_prefix(block: int) -> str:
    """What an instance's IPv6 addresses of databases begin with."""
    return f"fd6c:6c63:{block:x}"


def direct_address(block: int, last: int = 1) -> str:
    """The IPv6 address of a database, of the first project where nothing else is said."""
    return f"{direct_prefix(block)}::{last + 1:x}"  # the network's first is this machine's
