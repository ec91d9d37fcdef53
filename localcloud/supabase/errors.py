"""Errors as Supabase's management API answers them: `{"message": ...}`."""

from __future__ import annotations

from typing import ClassVar


class SupabaseError(Exception):
    """Becomes the answer's body."""

    status: ClassVar[int] = 400

    @property
    def body(self) -> dict[str, str]:
        """Body of the answer."""
        return {"message": str(self)}


class UnauthorizedError(SupabaseError):
    """No token, or one nobody knows."""

    status = 401


class NotFoundError(SupabaseError):
    """There is no such path, or no such project."""

    status = 404


class InternalError(SupabaseError):
    """The local cloud itself failed."""

    status = 500
