"""One service of the app as `app.yaml` and the stack's `nutri:services` describe it."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from config.base import Frozen

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IMAGE = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PATH = re.compile(r"/[A-Za-z0-9/\-_.~%,;]*")  # what Coolify takes
_FOLDER = re.compile(r"(/[A-Za-z0-9._@-]+)+")
_VOLUME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_COMMAND = re.compile(r"[a-zA-Z0-9 \-_./:=@,+]+")
_MEMORY = re.compile(r"(?P<number>\d+(\.\d+)?)\s?(?P<unit>[KMG]i?B)")
_UNITS = {
    unit: factor**power
    for power, letter in enumerate("KMG", 1)
    for unit, factor in ((f"{letter}B", 1000), (f"{letter}iB", 1024))
}
_LEAST_MEMORY = 6 * 1024 * 1024
"""Docker refuses less."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def matches(pattern: re.Pattern[str], wanted: str) -> AfterValidator:
    """Return a validator that refuses a text which is not `wanted`."""

    def validate(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"{text!r} is not {wanted}")
        return text

    return AfterValidator(validate)


def as_bytes(value: object) -> object:
    """Return an amount of memory, written with its unit, in bytes."""
    if isinstance(value, int) or value is None:
        raise ValueError(f"{value!r} has no unit; write it as 512MiB or 6GiB")
    found = _MEMORY.fullmatch(str(value))
    if not found:
        raise ValueError(f"{value!r} is no amount of memory, such as 512MiB or 6GiB")
    return int(float(found["number"]) * _UNITS[found["unit"]])


Tag = Annotated[str, matches(_TAG, "an image tag")]
Image = Annotated[str, matches(_IMAGE, "an image without tag, such as ghcr.io/owner/name")]
Path = Annotated[str, matches(_PATH, "a path of a URL, such as /health")]
Variable = Annotated[
    str, matches(VARIABLE, "a variable's name: letters, digits, _ and ., no digit first")
]


class Health(Frozen):
    """What tells whether a container is well: seconds, and a number of tries.

    Docker and the proxy ask `livePath`, or Docker runs `command`; `path` is for the checks alone.
    """

    path: Path = "/health"
    livePath: Path = "/health/live"  # noqa: N815 - keys as the config spells them
    command: Annotated[str, matches(_COMMAND, "a command without quotes and $")] | None = None
    interval: int = Field(default=5, ge=1, le=300)
    timeout: int = Field(default=5, ge=1, le=60)
    retries: int = Field(default=10, ge=1, le=100)
    startPeriod: int = Field(default=5, ge=0, le=3600)  # noqa: N815


class DatabaseForm(Frozen):
    """How a client wants the database's URL, and the connections it opens in a container.

    prisma: the pooled URL with `pgbouncer` and `connection_limit`; `clients` times `connections`.
    asyncpg: the pooled URL of SQLAlchemy's asyncpg; `workers` times (`pool` and `overflow`).
    direct: `nutri:databaseDirectUrl`, past the pooler.
    """

    form: Literal["prisma", "asyncpg", "direct"]
    clients: int = Field(default=1, ge=1, le=50)
    connections: int = Field(default=5, ge=1, le=100)
    workers: int = Field(default=1, ge=1, le=64)
    pool: int = Field(default=5, ge=1, le=200)
    overflow: int = Field(default=0, ge=0, le=200)

    @model_validator(mode="after")
    def _has_its_own_numbers(self) -> Self:
        own = {"prisma": {"clients", "connections"}, "asyncpg": {"workers", "pool", "overflow"}}
        foreign = sorted(self.model_fields_set - {"form"} - own.get(self.form, set()))
        if foreign:
            right = ", ".join(sorted(own.get(self.form, set()))) or "none"
            raise ValueError(f"{', '.join(foreign)} is not of form {self.form}; right are: {right}")
        return self

    @property
    def most(self) -> int:
        """Connections to the pooler that one container opens at most."""
        if self.form == "direct":
            return 0
        if self.form == "prisma":
            return self.clients * self.connections
        return self.workers * (self.pool + self.overflow)

    @property
    def sum(self) -> str:
        """The factors of `most`, in words."""
        if self.form == "prisma":
            return f"{self.clients} clients x {self.connections} connections"
        return f"{self.workers} workers x ({self.pool} pool + {self.overflow} overflow)"


class ServiceSettings(Frozen):
    """One service."""

    image: Image
    tag: Tag
    replicas: int = Field(default=1, ge=1, le=20)
    http: bool = True
    port: int | None = Field(default=None, ge=1, le=65535)
    subdomain: Annotated[str, matches(_LABEL, "a label of a name, such as api")] | None = None
    variables: dict[Variable, str] = Field(default={})
    database: dict[Variable, DatabaseForm] = Field(default={})
    redis: tuple[Variable, ...] = ()
    hops: tuple[Variable, ...] = ()
    """Variables that get the number of proxies between the world and the service."""
    health: Health = Health()
    memory: Annotated[int, Field(ge=_LEAST_MEMORY), BeforeValidator(as_bytes)] | None = None
    cpus: float | None = Field(default=None, gt=0, le=128)
    stopGrace: int = Field(default=30, ge=1, le=3600)  # noqa: N815
    volumes: dict[
        Annotated[str, matches(_VOLUME, "a volume's name")],
        Annotated[str, matches(_FOLDER, "an absolute folder")],
    ] = Field(default={})
    rollout: Literal["start-first", "stop-first"] = "start-first"
    needs: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.http and self.port is None:
            raise ValueError(
                "port is missing; a service that does not speak HTTP has `http: false`"
            )
        if not self.http and self.subdomain is not None:
            raise ValueError("has a subdomain, and `http: false`; one of them has to go")
        return self

    @property
    def connections(self) -> int:
        """Connections to the pooler that one replica opens at most."""
        return sum(one.most for one in self.database.values())
