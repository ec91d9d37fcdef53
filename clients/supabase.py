"""Supabase's management API, as far as it is used: a project's status, pooler and backups."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeVar

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from common.errors import OperatorError

if TYPE_CHECKING:
    import ssl
    from datetime import datetime
    from typing import Self

    from common.target import DatabaseTarget

ENDPOINT = "https://api.supabase.com"
_TIMEOUT = 20.0
_REFUSED = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})

M = TypeVar("M")


class SupabaseError(OperatorError):
    """Supabase's API did not tell, or did not do, what was asked."""


class TokenRefusedError(SupabaseError):
    """It does not take the token."""


class NoSuchProjectError(SupabaseError):
    """It knows no project of that ref."""


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Phase(enum.StrEnum):
    """What a project's status means to an operator."""

    ACTIVE = "active"
    PAUSED = "paused"
    CHANGING = "changing"
    """It will be something else in some minutes, by itself."""
    BROKEN = "broken"


_PHASES = {
    "ACTIVE_HEALTHY": Phase.ACTIVE,
    "INACTIVE": Phase.PAUSED,
    **dict.fromkeys(
        ("COMING_UP", "RESTORING", "RESTARTING", "UPGRADING", "RESIZING", "PAUSING", "GOING_DOWN"),
        Phase.CHANGING,
    ),
}


class Project(_Fact):
    """One project; `status` is the vendor's word."""

    name: str
    region: str
    status: str

    @property
    def phase(self) -> Phase:
        """The status in fewer words; one that nobody here knows counts as broken."""
        return _PHASES.get(self.status, Phase.BROKEN)


class Pooler(_Fact):
    """How many connections the pooler has to the database, and takes from clients."""

    database_type: str = "PRIMARY"
    pool_size: int | None = Field(default=None, alias="default_pool_size")
    max_clients: int | None = Field(default=None, alias="max_client_conn")
    host: str = Field(default="", alias="db_host")


class Backup(_Fact):
    """One backup that Supabase took."""

    status: str
    at: AwareDatetime = Field(alias="inserted_at")


class RecoveryWindow(_Fact):
    """The moments the database can be taken back to, in seconds since 1970."""

    earliest: int | None = Field(default=None, alias="earliest_physical_backup_date_unix")
    latest: int | None = Field(default=None, alias="latest_physical_backup_date_unix")


class Backups(_Fact):
    """What there is to restore from."""

    pitr_enabled: bool
    backups: tuple[Backup, ...]
    window: RecoveryWindow | None = Field(
        default=RecoveryWindow(), alias="physical_backup_data", validate_default=True
    )

    @property
    def newest(self) -> datetime | None:
        """When the newest complete one was taken."""
        return max((one.at for one in self.backups if one.status == "COMPLETED"), default=None)


class Supabase:
    """One project of an account."""

    def __init__(
        self, endpoint: str, token: str, project: str, trust: ssl.SSLContext | bool = True
    ) -> None:
        self._base = f"{endpoint.rstrip('/')}/v1"
        self._endpoint = endpoint
        self._token = token
        self._ref = project
        self._trust = trust

    @classmethod
    def of(cls, database: DatabaseTarget, trust: ssl.SSLContext | bool = True) -> Self:
        """The project of a stack; without a token the API refuses."""
        token = database.token.get_secret_value() if database.token else ""
        return cls(database.endpoint, token, database.project, trust)

    def project(self) -> Project:
        """The project.

        Raises:
            NoSuchProjectError: there is none of that ref.
            SupabaseError: the API cannot be reached, refuses, or answers something else.
        """
        return self._read("", TypeAdapter(Project))

    def pooler(self) -> Pooler:
        """The primary database's pooler; raises SupabaseError, see `project`."""
        found = self._read("/config/database/pooler", TypeAdapter(tuple[Pooler, ...]))
        for pooler in found:
            if pooler.database_type == "PRIMARY":
                return pooler
        raise SupabaseError(f"Supabase tells of no pooler of the project {self._ref}")

    def backups(self) -> Backups:
        """The backups; raises SupabaseError, see `project`."""
        return self._read("/database/backups", TypeAdapter(Backups))

    def pause(self) -> None:
        """Begin to pause the project; raises SupabaseError, see `project`."""
        self._ask("POST", "/pause")

    def restore(self) -> None:
        """Begin to bring a paused project back; raises SupabaseError, see `project`."""
        self._ask("POST", "/restore")

    def set_password(self, password: str) -> None:
        """Give the database's own user another password; raises SupabaseError, see `project`."""
        self._ask("PATCH", "/database/password", {"password": password})

    def restore_to(self, moment: int) -> None:
        """Begin to take the database back to a moment, in seconds since 1970; see `project`."""
        self._ask("POST", "/database/backups/restore-pitr", {"recovery_time_target_unix": moment})

    def _read(self, path: str, adapter: TypeAdapter[M]) -> M:
        response = self._ask("GET", path)
        try:
            return adapter.validate_json(response.content)
        except ValidationError as error:
            raise SupabaseError(
                f"{self._endpoint} does not answer as Supabase's API does: "
                f"{error.error_count()} fields are missing or wrong"
            ) from error

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self._base}/projects/{self._ref}{path}"
        try:
            with httpx.Client(verify=self._trust, timeout=_TIMEOUT, headers=headers) as client:
                response = client.request(method, url, json=body)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise SupabaseError(f"Supabase's API at {self._endpoint}: {said}") from error
        if response.is_error:
            raise self._refusal(response)
        return response

    def _refusal(self, response: httpx.Response) -> SupabaseError:
        place, code = f"Supabase's API at {self._endpoint}", response.status_code
        if code in _REFUSED:
            return TokenRefusedError(
                f"{place} refuses the token; is it still valid, and of an account that may see "
                f"the project {self._ref}?"
            )
        if code == httpx.codes.NOT_FOUND:
            return NoSuchProjectError(f"{place} knows no project {self._ref}")
        if code == httpx.codes.TOO_MANY_REQUESTS:
            return SupabaseError(f"{place} limits our rate; try again in a minute")
        return SupabaseError(f"{place} answers HTTP {code}: {_message(response)}")


def _message(response: httpx.Response) -> str:
    try:
        found = response.json()
    except ValueError:
        return response.text[:200]
    return str(found.get("message", found)) if isinstance(found, dict) else str(found)
