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
MAX_CLIENTS = 200
"""As of the vendor's smallest size."""


def host_of(ref: str) -> str:
    """Where a project's database answers, pooled and directly."""
    return POOLER_HOST if ref == PROJECT_REF else f"{ref}.{POOLER_HOST}"
