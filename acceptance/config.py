"""`acceptance.yaml`: what is proven, where, with which secrets, and what it may cost at most."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from common.errors import OperatorError
from config.endpoints import HCLOUD_ENDPOINT, HETZNER_ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"
STAGING_ROOT = "https://letsencrypt.org/certs/staging/letsencrypt-stg-root-x1.pem"
STEPS = ("up", "check", "deploy", "scale", "resize", "dump", "restore", "drill")
"""What can be left out; destroying and sweeping cannot."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_SETTING = re.compile(r"[a-z]+:[A-Za-z][\w.-]*")
_TOKEN_LENGTH = 64


class AcceptanceError(OperatorError):
    """What was given is wrong, or what was asked for did not come out."""


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise ValueError(
            f"{text[:4]}... is not the name of an environment variable, such as HCLOUD_TOKEN; "
            "secrets themselves are never in this file"
        )
    return text


def _step(text: str) -> str:
    if text not in STEPS:
        raise ValueError(f"{text!r} is no step; right is one of {', '.join(STEPS)}")
    return text


def _setting(text: str) -> str:
    if not _SETTING.fullmatch(text):
        raise ValueError(f"{text!r} is no setting, such as nutri:registryPassword")
    return text


Variable = Annotated[str, AfterValidator(_variable)]
Setting = Annotated[str, AfterValidator(_setting)]
Url = Annotated[str, Field(pattern=r"https?://\S+")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hetzner(_Part):
    """The project, by its token; an empty project of its own is best."""

    token: Variable = "HCLOUD_TOKEN"  # noqa: S105 - the name of a variable
    endpoint: Url = HCLOUD_ENDPOINT
    boxes: Url = HETZNER_ENDPOINT


class Limit(_Part):
    """What the whole may cost and take; the story is ended where it would go beyond."""

    euros: float = Field(gt=0, le=1000)
    minutes: int = Field(gt=0, le=24 * 60)


class Certificates(_Part):
    """Who signs the services' certificates, and whose root the checks trust besides."""

    server: Url | None = STAGING
    root: Url | None = STAGING_ROOT


class Deploy(_Part):
    """The other tag of a service."""

    service: str
    tag: str


class Scale(_Part):
    """How many replicas of a service."""

    service: str
    replicas: int = Field(ge=1, le=20)


class Resize(_Part):
    """The other tier, and its server type: the guard wants it named."""

    tier: str
    type: str


class Config(_Part):
    """The whole file; `config` and `secrets` are the stack's settings by their names."""

    hetzner: Hetzner = Hetzner()
    domain: str = Field(pattern=r"[a-z0-9{}-]+(\.[a-z0-9-]+)+")
    location: str
    limit: Limit
    certificates: Certificates = Certificates()
    steps: tuple[Annotated[str, AfterValidator(_step)], ...] = STEPS
    deploy: Deploy | None = None
    scale: Scale | None = None
    resize: Resize | None = None
    drills: tuple[str, ...] = ("frozen-server",)
    config: dict[Setting, Any] = {}
    secrets: dict[Setting, Variable] = {}

    def wants(self, step: str) -> bool:
        """Whether a step is to be run."""
        return step in self.steps


def load(path: Path, environ: Mapping[str, str]) -> tuple[Config, dict[str, str]]:
    """Read the file, and the secrets it names from the environment.

    Returns:
        The config, and each named variable's value.

    Raises:
        AcceptanceError: all that is wrong, a line each.
    """
    raw = _read(path)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        found = [_told(one) for one in error.errors()]
        raise AcceptanceError(_all(path, [*found, *_missing(_named(raw), environ)])) from None
    problems = [*_gaps(config), *_missing(_named(raw), environ), *_short(config, environ)]
    if problems:
        raise AcceptanceError(_all(path, problems))
    return config, {
        name: environ[name] for name in [config.hetzner.token, *config.secrets.values()]
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text())
    except OSError as error:
        raise AcceptanceError(
            f"{path} cannot be read: {error.strerror}; docs/acceptance.md has one"
        ) from None
    except yaml.YAMLError as error:
        raise AcceptanceError(f"{path} is no YAML: {error}") from None
    if not isinstance(raw, dict):
        raise AcceptanceError(f"{path} holds no settings; docs/acceptance.md has one")
    return raw


def _all(path: Path, problems: list[str]) -> str:
    lines = "".join(f"\n- {one}" for one in problems)
    return f"{path}: {len(problems)} mistake(s), nothing was touched:{lines}"


def _told(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    place = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "missing":
        return f"{place}: missing"
    if error["type"] == "extra_forbidden":
        return f"{place}: is no setting of this file"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _named(raw: Mapping[str, Any]) -> list[str]:
    """Return the variables a file names, as far as they are names at all."""
    token = (raw.get("hetzner") or {}).get("token", Hetzner().token)
    named = [token, *dict(raw.get("secrets") or {}).values()]
    return [one for one in named if isinstance(one, str) and _VARIABLE.fullmatch(one)]


def _missing(names: list[str], environ: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if not environ.get(name):
            yield f"{name}: is named in the file and not set in the environment"


def _short(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    token = environ.get(config.hetzner.token, "")
    if token and len(token) != _TOKEN_LENGTH:
        yield f"{config.hetzner.token}: has {len(token)} characters; a Hetzner token has 64"


def _gaps(config: Config) -> Iterator[str]:
    for step in ("deploy", "scale", "resize"):
        if config.wants(step) and getattr(config, step) is None:
            yield f"{step}: missing; or leave the step out of `steps`"
    for step in ("dump", "restore"):
        if config.wants(step) and not config.config.get("nutri:dumps"):
            yield f"steps: {step} needs `nutri:dumps: true` below `config`"
